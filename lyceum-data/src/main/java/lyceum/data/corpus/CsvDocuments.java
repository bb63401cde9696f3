package lyceum.data.corpus;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import lyceum.FormatException;

/** Rows of a CSV file as documents. A quote that never closes spoils all that follows, so it ends the pass; a row that does not fit is told. */
final class CsvDocuments implements DocumentReader {
    private final String name;
    private final CorpusReader options;
    private final CsvReader<CsvRecord> csv;
    private final Iterator<CsvRecord> records;
    private List<String> names;
    private long line;

    CsvDocuments(Path file, CorpusReader options) {
        this.name = String.valueOf(file.getFileName());
        this.options = options;
        var decoder = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        this.csv = CsvReader.builder().maxBufferSize(options.mostBytes()).extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE).ofCsvRecord(new InputStreamReader(Lines.text(file), decoder));
        this.records = csv.iterator();
    }

    @Override public Document next() {
        try {
            while (records.hasNext()) {
                var record = records.next();
                line = record.getStartingLineNumber();
                if (names == null) {
                    names = List.copyOf(record.getFields());
                    continue;
                }
                if (record.getFieldCount() == 1 && record.getField(0).isEmpty()) continue;
                if (record.getFieldCount() != names.size()) {
                    tell(record.getFieldCount() + " cells, the header has " + names.size());
                    continue;
                }
                try {
                    return options.fromCells(names, record.getFields(), name + ":" + line);
                } catch (IllegalArgumentException e) {
                    tell(e.getMessage());
                }
            }
            return null;
        } catch (CsvParseException e) {
            throw broken(e.getMessage(), e);
        } catch (UncheckedIOException e) {
            throw broken(e.getCause() instanceof CharacterCodingException ? "not UTF-8" : e.getCause().getMessage(), e);
        }
    }

    private FormatException broken(String problem, Exception e) {
        return new FormatException(name + ", after line " + line + ": " + problem, e);
    }

    private void tell(String problem) { options.onMalformed().accept(new Malformed(name, line, problem)); }

    @Override public void close() {
        try {
            csv.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close " + name, e);
        }
    }
}
