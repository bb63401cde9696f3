package lyceum.data;

import de.siegmar.fastcsv.reader.CommentStrategy;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.ZipException;
import lyceum.FormatException;
import lyceum.random.Rng;

/** One reading of one CSV source by the options of {@link Csv}: first for the types, then for the cells. */
final class CsvReading {
    /** Opens the same bytes each time. */
    @FunctionalInterface
    interface Opening {
        InputStream open() throws IOException;
    }

    /** What is read, and how many bytes it has on disk. */
    record Source(String name, long bytes, Opening opening) {}

    /** A column costs about a kilobyte however few cells it has, and a file may cost its size and 16 MiB: more columns are taken for a wrong delimiter. */
    private static final int MANY_COLUMNS = 9_000, BYTES_A_COLUMN = 1 << 10;

    private final Csv csv;
    private final String name;
    private final Source source;
    private final int longestNull;
    private final List<Csv.Reject> rejects = new ArrayList<>();
    private List<String> names;
    private long line;
    /** Rows that the types were told from. */
    private long counted;

    CsvReading(Csv csv, Source source) {
        this.csv = csv;
        this.name = source.name;
        this.source = source;
        this.longestNull = csv.nullTokens().stream().mapToInt(String::length).max().orElse(-1);
    }

    Csv.Result whole() throws IOException {
        var inferences = infer();
        var sink = new Sink(inferences, Integer.MAX_VALUE, frame -> {});
        visit(csv.limit(), sink::add);
        return new Csv.Result(sink.frame(), inferences, List.copyOf(rejects));
    }

    /** Hands frames on and returns an empty one. */
    Csv.Result chunks(int rows, Consumer<Frame> chunk) throws IOException {
        var inferences = infer();
        var sink = new Sink(inferences, rows, chunk);
        visit(csv.limit(), sink::add);
        sink.flush();
        return new Csv.Result(sink.frame(), inferences, List.copyOf(rejects));
    }

    /** Each row is taken with the chance that so many of those to come are still wanted: every set of rows is as likely. */
    Csv.Sample sample(int rows, Rng rng) throws IOException {
        var inferences = infer();
        var sink = new Sink(inferences, Integer.MAX_VALUE, frame -> {});
        var left = new long[] {counted, Math.min(rows, counted)};
        visit(csv.limit(), cells -> {
            if (cells.count() == names.size() && !(rng.nextDouble() * left[0]-- < left[1])) return true;
            if (!sink.add(cells)) return false;
            left[1]--;
            return true;
        });
        return new Csv.Sample(sink.frame(), counted, inferences, List.copyOf(rejects));
    }

    private List<Csv.Inference> infer() throws IOException {
        var profiles = new ArrayList<TypeProfile>();
        visit(Math.min(csv.limit(), csv.inferRows()), cells -> {
            if (profiles.isEmpty()) for (int i = 0; i < names.size(); i++) profiles.add(new TypeProfile(csv.decimal()));
            if (cells.count() != profiles.size()) return false;
            counted++;
            for (int i = 0; i < profiles.size(); i++) {
                if (csv.types().containsKey(names.get(i))) continue;
                if (isNull(cells, i)) profiles.get(i).addNull();
                else profiles.get(i).add(cells.cell(i), cells.isQuoted(i), cells.line());
            }
            return true;
        });
        for (var given : csv.types().keySet())
            if (!names.contains(given))
                throw new FrameException("Csv: a type is given for column '" + given + "'; the file has " + String.join(", ", names));
        var inferences = new ArrayList<Csv.Inference>();
        for (int i = 0; i < names.size(); i++) {
            var given = csv.types().get(names.get(i));
            var profile = profiles.isEmpty() ? new TypeProfile(csv.decimal()) : profiles.get(i);
            inferences.add(given != null ? new Csv.Inference(names.get(i), given, "as asked for") : profile.inference(names.get(i)));
        }
        return Collections.unmodifiableList(inferences);
    }

    private boolean isNull(CsvCells cells, int i) {
        if (cells.isQuoted(i)) return false;
        var cell = cells.cell(i).strip();
        return cell.length() <= longestNull && csv.nullTokens().contains(cell);
    }

    /** Takes a record; false where it does not count as a row. */
    private interface Visitor {
        boolean visit(CsvCells cells);
    }

    private void visit(long rows, Visitor visitor) throws IOException {
        line = 1;
        try (var end = new EndMark(reader()); var parser = parser(end)) {
            boolean named = false;
            long visited = 0;
            for (var cells : parser) {
                line = cells.line();
                if (end.isIn(cells)) break;
                if (!named) {
                    name(cells);
                    named = true;
                    if (csv.header()) continue;
                }
                if (visited >= rows) break;
                if (visitor.visit(cells)) visited++;
            }
            if (!named)
                throw new FormatException(name + ": the file is empty" + (csv.header() ? "; its first line should name the columns" : ""));
        } catch (CsvParseException e) {
            throw new FormatException(name + ": " + (e.getCause() == null ? e : e.getCause()).getMessage() + ", after line " + line, e);
        } catch (UncheckedIOException e) {
            throw refused(e.getCause());
        } catch (IOException e) {
            throw refused(e);
        }
    }

    /** Bad bytes are the file's fault; all else is the disk's. */
    private FormatException refused(IOException e) throws IOException {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CharacterCodingException)
                return new FormatException(name + ": bytes that are not UTF-8, after line " + line, e);
            if (cause instanceof ZipException || cause instanceof EOFException)
                return new FormatException(name + ": the gzip data are damaged or cut off, after line " + line, e);
        }
        throw e;
    }

    private Reader reader() throws IOException {
        var decoder = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        return new InputStreamReader(source.opening.open(), decoder);
    }

    private CsvReader<CsvCells> parser(Reader reader) {
        var builder = CsvReader.builder().fieldSeparator(csv.delimiter()).quoteCharacter(csv.quote()).skipEmptyLines(true)
                .allowExtraFields(true).allowMissingFields(true).allowExtraCharsAfterClosingQuote(false);
        if (csv.comment() != 0) builder.commentStrategy(CommentStrategy.SKIP).commentCharacter(csv.comment());
        return builder.build(new CsvCells(), reader);
    }

    private void name(CsvCells cells) {
        long most = MANY_COLUMNS + source.bytes / BYTES_A_COLUMN;
        if (cells.count() > most) throw new FormatException(name + ": " + cells.count() + " columns in a file of " + source.bytes
                + " bytes; at most " + most + ", in line " + line + "; is '" + csv.delimiter() + "' the delimiter?");
        var found = new ArrayList<String>();
        var seen = new HashSet<String>();
        for (int i = 0; i < cells.count(); i++) {
            var column = csv.header() ? cells.cell(i).strip() : "";
            if (column.isEmpty()) column = "column_" + i;
            if (!seen.add(column)) throw new FormatException(name + ": two columns are named '" + shown(column) + "', in line " + line);
            found.add(column);
        }
        if (names != null && !names.equals(found)) throw new FormatException(name + ": the file changed while it was read");
        names = found;
    }

    static String shown(String cell) { return cell.length() <= 40 ? cell : cell.substring(0, 37) + "..."; }

    /** Fills builders and hands them on when they hold a chunk. */
    private final class Sink {
        private final List<Csv.Inference> inferences;
        private final int rows;
        private final Consumer<Frame> chunk;
        private List<ColumnBuilder> builders;

        Sink(List<Csv.Inference> inferences, int rows, Consumer<Frame> chunk) {
            this.inferences = inferences;
            this.rows = rows;
            this.chunk = chunk;
            this.builders = fresh();
        }

        Frame frame() { return Frame.of(builders.stream().map(ColumnBuilder::build).toList()); }

        private List<ColumnBuilder> fresh() {
            return inferences.stream().map(column -> new ColumnBuilder(column.column(), column.type())).toList();
        }

        boolean add(CsvCells cells) {
            int size = builders.getFirst().size();
            if (cells.count() != builders.size()) {
                reject(new Csv.Reject(cells.line(), null, cells.count() + " cells where the header has " + builders.size()));
                return false;
            }
            for (int i = 0; i < builders.size(); i++) {
                if (put(cells, i)) continue;
                for (int j = 0; j < i; j++) builders.get(j).cutTo(size);
                reject(new Csv.Reject(cells.line(), names.get(i), "'" + shown(cells.cell(i)) + "' is not " + builders.get(i).type()));
                return false;
            }
            if (size + 1 == rows) flush();
            return true;
        }

        private boolean put(CsvCells cells, int i) {
            var builder = builders.get(i);
            if (isNull(cells, i)) builder.addNull();
            else return builder
                    .addText(builder.type().isText() ? cells.cell(i) : TypeProfile.plain(cells.cell(i), builder.type(), csv.decimal()));
            return true;
        }

        private void reject(Csv.Reject reject) {
            if (rejects.size() >= csv.maxErrors()) throw new FormatException(
                    name + ": " + reject + (csv.maxErrors() == 0 ? "" : "; the " + (csv.maxErrors() + 1) + "th row that does not fit"));
            rejects.add(reject);
        }

        void flush() {
            if (builders.isEmpty() || builders.getFirst().size() == 0) return;
            chunk.accept(frame());
            builders = fresh();
        }
    }

    /**
     * Adds a last line of its own to the characters, so that a quote that is never closed shows: it swallows the mark. The parser itself takes such a cell
     * for closed at the end of the file.
     */
    private final class EndMark extends Reader {
        private static final String MARK = "\uE0FF\uE0FE\uE0FD\uE0FF";

        private final Reader reader;
        private String tail = "\n" + MARK;
        private boolean started;
        private boolean ended;

        EndMark(Reader reader) { this.reader = reader; }

        @Override public int read(char[] buffer, int offset, int length) throws IOException {
            if (!ended) {
                int read = reader.read(buffer, offset, length);
                if (read > 0 && !started) {
                    started = true;
                    if (buffer[offset] == '\uFEFF') {
                        System.arraycopy(buffer, offset + 1, buffer, offset, --read);
                        if (read == 0) return read(buffer, offset, length);
                    }
                }
                if (read >= 0) return read;
                ended = true;
            }
            int given = Math.min(length, tail.length());
            tail.getChars(0, given, buffer, offset);
            tail = tail.substring(given);
            return given == 0 ? -1 : given;
        }

        boolean isIn(CsvCells cells) {
            if (!ended || cells.count() == 0 || !cells.cell(cells.count() - 1).endsWith(MARK)) return false;
            if (cells.isQuoted(cells.count() - 1))
                throw new FormatException(name + ": a quote that opens in the record of line " + line + " is never closed");
            return cells.count() == 1;
        }

        @Override public void close() throws IOException { reader.close(); }
    }
}
