package lyceum.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import lyceum.FormatException;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Reads and writes CSV (RFC 4180) in UTF-8; a file whose name ends in {@code .gz} is unpacked.
 *
 * {@snippet :
 * var result = new Csv().withDelimiter(';').withDecimal(',').withType("zip", ColumnType.TEXT).read(Path.of("people.csv"));
 * result.inferences().forEach(System.out::println);   // age I64: all 150 values are whole numbers
 * }
 *
 * <p>A file is read twice: once to infer types, holding no cells, and once to fill columns. Quoted cells are never null.
 *
 * @param delimiter  between cells, comma by default
 * @param quote      around cells, {@code "} by default
 * @param header     whether the first record names the columns, true by default; otherwise they are {@code column_0}, ...
 * @param nullTokens unquoted cells that are null; by default the empty one, {@code NA}, {@code N/A}, {@code null} and {@code NULL}
 * @param types      types that are given rather than inferred, by column name
 * @param decimal    before the fraction of a number, a point by default
 * @param comment    a line that begins with this is skipped; 0, the default, for none
 * @param limit      at most so many rows are read, all by default
 * @param inferRows  types are inferred from so many rows, all by default
 * @param maxErrors  so many rows that do not fit are left out and reported; with 0, the default, the first one is a {@link FormatException}
 */
@Withers
public record Csv(char delimiter, char quote, boolean header, List<String> nullTokens, Map<String, ColumnType> types, char decimal,
        char comment, long limit, long inferRows, int maxErrors) implements CsvWithers {

    /** What was read. */
    public record Result(Frame frame, List<Inference> inferences, List<Reject> rejects) {}

    /** Why a column has its type. */
    public record Inference(String column, ColumnType type, String reason) {
        @Override public String toString() { return column + " " + type + ": " + reason; }
    }

    /** A row that was left out. {@code column} is null where the row as a whole does not fit; {@code line} counts from 1. */
    public record Reject(long line, String column, String problem) {
        @Override public String toString() {
            return problem + (column == null ? "" : " for column '" + column + "'") + ", in line " + line;
        }
    }

    /** Comma, double quotes, a header, all rows, no error forgiven. */
    public Csv() { this(',', '"', true, List.of("", "NA", "N/A", "null", "NULL"), Map.of(), '.', '\0', Long.MAX_VALUE, Long.MAX_VALUE, 0); }

    /** Checks that the signs differ. */
    public Csv {
        nullTokens = List.copyOf(nullTokens);
        types = Map.copyOf(types);
        for (char sign : new char[] {delimiter, quote, comment})
            if (sign == '\n' || sign == '\r') throw new IllegalArgumentException("Csv: delimiter, quote and comment are not line ends");
        if (delimiter == quote || delimiter == comment || quote == comment || delimiter == decimal || decimal == quote)
            throw new IllegalArgumentException(
                    "Csv: delimiter '" + delimiter + "', quote '" + quote + "', decimal '" + decimal + "' and comment sign must differ");
        if (limit < 0 || inferRows < 1 || maxErrors < 0) throw new IllegalArgumentException("Csv: limit " + limit + ", inferRows "
                + inferRows + ", maxErrors " + maxErrors + "; they are not negative, inferRows is 1 at least");
    }

    /** Other unquoted cells that are null; the first is written for one. */
    public Csv withNullTokens(String... tokens) {
        return new Csv(delimiter, quote, header, List.of(tokens), types, decimal, comment, limit, inferRows, maxErrors);
    }

    /** A given type for one more column. */
    public Csv withType(String column, ColumnType type) {
        var more = new HashMap<>(types);
        more.put(column, type);
        return new Csv(delimiter, quote, header, nullTokens, more, decimal, comment, limit, inferRows, maxErrors);
    }

    /** Infers types from the first rows alone; a later cell that does not fit is an error. */
    public Csv withInferRows(long rows) {
        return new Csv(delimiter, quote, header, nullTokens, types, decimal, comment, limit, rows, maxErrors);
    }

    /** Reads a file. @throws FormatException with the line, if it is malformed */
    public Result read(Path file) throws IOException { return new CsvReading(this, source(file)).whole(); }

    /** Reads bytes that are in memory already. */
    public Result parse(byte[] bytes) {
        try {
            return new CsvReading(this, new CsvReading.Source("csv", bytes.length, () -> new ByteArrayInputStream(bytes))).whole();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads text. */
    public Result parse(String text) { return parse(text.getBytes(StandardCharsets.UTF_8)); }

    /**
     * Reads a file in frames of at most {@code rows} rows, one in memory at a time, all with the types that the whole file asks for.
     *
     * @return the result with an empty frame
     */
    public Result forEachChunk(Path file, int rows, Consumer<Frame> chunk) throws IOException {
        if (rows < 1) throw new IllegalArgumentException("Csv.forEachChunk: chunks of " + rows + " rows; at least 1");
        return new CsvReading(this, source(file)).chunks(rows, chunk);
    }

    /**
     * Some rows of a file, in its order.
     *
     * @param rows of the file that have the header's width, drawn or not, left out for a cell or not
     * @param rejects rows of the wrong width, wherever they stand, and drawn rows with a cell that does not fit: left out, at most
     *     {@link #maxErrors} of them
     */
    public record Sample(Frame frame, long rows, List<Inference> inferences, List<Reject> rejects) {}

    /**
     * Reads at most {@code rows} rows of a file, drawn at random without replacement where it has more, with the types that the whole file asks for. No
     * more are ever held in memory.
     */
    public Sample sample(Path file, int rows, Rng rng) throws IOException {
        if (rows < 1) throw new IllegalArgumentException("Csv.sample: " + rows + " rows; at least 1");
        return new CsvReading(withInferRows(Long.MAX_VALUE), source(file)).sample(rows, rng);
    }

    private static CsvReading.Source source(Path file) throws IOException {
        var name = file.getFileName().toString();
        return new CsvReading.Source(name, Files.size(file), () -> name.endsWith(".gz") ? Unzipped.open(file) : Files.newInputStream(file));
    }

    /**
     * Writes a frame so that its cells read back equal: texts that look like a null are quoted, numbers keep their bits. Types are inferred again when it is
     * read; give those that CSV cannot show, such as TEXT of digits.
     */
    public void write(Frame frame, Path file) throws IOException {
        try (var writer = Files.newBufferedWriter(file)) {
            write(frame, writer);
        }
    }

    /** Writes a frame; the writer stays open. */
    public void write(Frame frame, Writer to) throws IOException { new CsvWriting(this, frame).to(to); }
}
