package lyceum.text.vector;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.BufferedWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.tensor.Tensor;
import lyceum.text.internal.Utf8;

/**
 * Tables of vectors as files.
 *
 * <p>Text: a line a vector, the name and its numbers between spaces. That of word2vec and fastText ({@code .vec}) begins with a line "rows columns", that
 * of GloVe does not; {@link #readText} reads both. Names may hold spaces, as some of {@code glove.840B} do: the last fields are the vector. Numbers are
 * written so that they read back bit for bit. Binary: word2vec's, little-endian F32. Safetensors: tensors {@code vectors}, F32 (names, dimension), and
 * {@code names}, UTF-8 with a line feed after each.
 *
 * <p>Files are untrusted: a header that promises more than there is, a number that is none, broken UTF-8, a name twice, is a {@link FormatException} that
 * says where, before memory is taken for it.
 */
public final class VectorFiles {
    private static final int LONGEST_NAME = 1 << 16;

    private VectorFiles() {}

    /** Reads text of word2vec, fastText or GloVe; a first line of two whole numbers is a header. */
    public static EmbeddingTable readText(Path file) throws IOException {
        try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return readText(in);
        }
    }

    static EmbeddingTable readText(InputStream in) throws IOException {
        var lines = new Lines(in);
        var names = new ArrayList<String>();
        var rows = new ArrayList<float[]>();
        long promised = -1;
        int dimension = -1;
        for (String line = lines.next("text vectors"); line != null; line = lines.next("text vectors")) {
            long at = lines.start;
            if (line.isBlank() && !rows.isEmpty()) continue;
            if (at == 0 && line.strip().matches("\\d{1,18} \\d{1,9}")) {
                var header = line.strip().split(" ");
                promised = Long.parseLong(header[0]);
                dimension = Integer.parseInt(header[1]);
                if (dimension < 1) throw FormatException.at("text vectors", 0, "the header says " + dimension + " columns");
                continue;
            }
            var fields = line.stripTrailing().split(" ");
            if (dimension < 0) dimension = fields.length - 1;
            if (fields.length <= dimension || dimension < 1) throw FormatException.at("text vectors", at,
                    "a line of " + fields.length + " fields; it is a name and " + Math.max(1, dimension) + " numbers");
            var row = new float[dimension];
            int name = fields.length - dimension;
            for (int j = 0; j < dimension; j++) row[j] = number(fields[name + j], at);
            names.add(String.join(" ", List.of(fields).subList(0, name)));
            rows.add(row);
            if (promised >= 0 && rows.size() > promised)
                throw FormatException.at("text vectors", at, "the header says " + promised + " rows; there are more");
        }
        if (promised >= 0 && rows.size() != promised)
            throw FormatException.at("text vectors", 0, "the header says " + promised + " rows; there are " + rows.size());
        if (rows.isEmpty() && dimension < 1) throw FormatException.at("text vectors", 0, "no vector");
        return table("text vectors", names, rows, dimension);
    }

    private static float number(String field, long at) {
        try {
            return Float.parseFloat(field);
        } catch (NumberFormatException e) {
            throw FormatException.at("text vectors", at,
                    "'" + (field.length() > 40 ? field.substring(0, 40) + "..." : field) + "' is not a number");
        }
    }

    private static EmbeddingTable table(String format, List<String> names, List<float[]> rows, int dimension) {
        try {
            return new EmbeddingTable(names, rows.toArray(float[][]::new), dimension);
        } catch (IllegalArgumentException e) {
            throw new FormatException(format + ": " + e.getMessage(), e);
        }
    }

    /** Writes word2vec's text, with the header "rows columns". */
    public static void writeText(EmbeddingTable table, Path file) throws IOException { writeLines(table, file, true); }

    /** Writes GloVe's text, without a header. */
    public static void writeGlove(EmbeddingTable table, Path file) throws IOException { writeLines(table, file, false); }

    private static void writeLines(EmbeddingTable table, Path file, boolean header) throws IOException {
        for (var name : table.names()) writable(name);
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            if (header) out.write(table.size() + " " + table.dimension() + "\n");
            for (int i = 0; i < table.size(); i++) {
                out.write(table.names().get(i));
                for (float v : table.values(i)) {
                    out.write(' ');
                    out.write(Float.toString(v));
                }
                out.write('\n');
            }
        }
    }

    /** @throws IllegalArgumentException for a name that the formats with spaces cannot tell, or that has no UTF-8 */
    private static void writable(String name) {
        Utf8.bytes(name);
        if (name.isEmpty() || name.chars().anyMatch(c -> c == ' ' || c == '\n' || c == '\r' || c == '\t'))
            throw new IllegalArgumentException("vectors to a file: the name '" + name.strip()
                    + "' is empty or holds white space, which ends a name in this " + "format; write safetensors, or put underscores");
    }

    /** Reads word2vec's binary file. */
    public static EmbeddingTable readBinary(Path file) throws IOException {
        try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return readBinary(in, Files.size(file));
        }
    }

    static EmbeddingTable readBinary(InputStream in, long size) throws IOException {
        String format = "word2vec binary";
        var lines = new Lines(in);
        var header = lines.next(format);
        if (header == null || !header.strip().matches("\\d{1,18} \\d{1,9}"))
            throw FormatException.at(format, 0, "no header of rows and columns");
        var parts = header.strip().split(" ");
        long count = Long.parseLong(parts[0]);
        int dimension = Integer.parseInt(parts[1]);
        long least = 4L * dimension + 2;
        if (dimension < 1 || count > (size - lines.at) / least) throw FormatException.at(format, 0,
                "the header says " + count + " rows of " + dimension + " columns, which " + size + " bytes do not hold");
        var names = new ArrayList<String>();
        var rows = new ArrayList<float[]>();
        for (long i = 0; i < count; i++) {
            var name = new ByteArrayOutputStream(16);
            long start = lines.at;
            for (int b = lines.read(); b != ' '; b = lines.read()) {
                if (b < 0) throw FormatException.at(format, lines.at, "the file ends in the name of row " + i + " of " + count);
                if (b == '\n' && name.size() == 0) continue; // the C program ends a row with one, others do not
                if (name.size() == LONGEST_NAME) throw FormatException.at(format, start, "the name of row " + i + " does not end");
                name.write(b);
            }
            names.add(utf8(name.toByteArray(), format, start));
            byte[] bytes = in.readNBytes(4 * dimension);
            if (bytes.length < 4 * dimension) throw FormatException.at(format, lines.at, "the file ends in row " + i + " of " + count);
            lines.at += bytes.length;
            var row = new float[dimension];
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(row);
            rows.add(row);
        }
        for (int b = lines.read(); b >= 0; b = lines.read())
            if (b != '\n') throw FormatException.at(format, lines.at - 1, "there is more after the " + count + " rows of the header");
        return table(format, names, rows, dimension);
    }

    /** Writes word2vec's binary file, as the C program does. */
    public static void writeBinary(EmbeddingTable table, Path file) throws IOException {
        for (var name : table.names()) writable(name);
        var buffer = ByteBuffer.allocate(4 * table.dimension()).order(ByteOrder.LITTLE_ENDIAN);
        try (var out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            out.write((table.size() + " " + table.dimension() + "\n").getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < table.size(); i++) {
                out.write(table.names().get(i).getBytes(StandardCharsets.UTF_8));
                out.write(' ');
                buffer.clear().asFloatBuffer().put(table.values(i));
                out.write(buffer.array());
                out.write('\n');
            }
        }
    }

    /** Reads what {@link #writeSafetensors} wrote. */
    public static EmbeddingTable readSafetensors(Path file) throws IOException { return fromContents(Safetensors.read(file)); }

    static EmbeddingTable fromContents(Safetensors.Contents contents) {
        String format = "vectors as safetensors";
        var vectors = contents.tensors().get("vectors");
        var names = contents.tensors().get("names");
        if (vectors == null || names == null || vectors.rank() != 2 || vectors.dtype() != DType.F32 || names.rank() != 1
                || names.dtype() != DType.U8)
            throw new FormatException(format + ": there is a tensor 'vectors', F32 (names, dimension), and one 'names', U8; here are "
                    + contents.tensors().keySet());
        if (!"1".equals(contents.metadata().getOrDefault("formatVersion", "1")))
            throw new FormatException(format + ": formatVersion is " + contents.metadata().get("formatVersion") + "; this reads 1");
        int[] codes = names.to(DType.I32).toIntArray();
        var bytes = new byte[codes.length];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) codes[i];
        var text = utf8(bytes, format, 0);
        var list = text.isEmpty() ? List.<String>of() : List.of(text.substring(0, text.length() - 1).split("\n", -1));
        try {
            return EmbeddingTable.of(list, vectors);
        } catch (IllegalArgumentException e) {
            throw new FormatException(format + ": " + e.getMessage(), e);
        }
    }

    /** Writes safetensors; names may hold anything but line feeds. */
    public static void writeSafetensors(EmbeddingTable table, Path file) throws IOException {
        var text = new StringBuilder();
        for (var name : table.names()) {
            if (name.indexOf('\n') >= 0)
                throw new IllegalArgumentException("vectors to a file: a name holds a line feed: '" + name.strip() + "'");
            Utf8.bytes(name);
            text.append(name).append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        var codes = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) codes[i] = bytes[i] & 255;
        var tensors = new LinkedHashMap<String, Tensor>();
        tensors.put("vectors", table.vectors());
        tensors.put("names", Tensor.of(codes).to(DType.U8));
        Safetensors.write(file, tensors, Map.of("formatVersion", "1"));
    }

    private static String utf8(byte[] bytes, String format, long at) {
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return text.toString();
        } catch (CharacterCodingException e) {
            throw FormatException.at(format, at, "broken UTF-8");
        }
    }

    /** Lines of bytes that know where they stand. */
    private static final class Lines {
        private static final int LONGEST = 1 << 26;
        private final InputStream in;
        long at, start;

        Lines(InputStream in) { this.in = in; }

        int read() throws IOException {
            int b = in.read();
            if (b >= 0) at++;
            return b;
        }

        /** The next line without its end, null after the last. */
        String next(String format) throws IOException {
            start = at;
            int b = read();
            if (b < 0) return null;
            var line = new ByteArrayOutputStream(128);
            for (; b >= 0 && b != '\n'; b = read()) {
                if (line.size() == LONGEST) throw FormatException.at(format, start, "a line of more than " + LONGEST + " bytes");
                line.write(b);
            }
            return utf8(line.toByteArray(), format, start);
        }
    }
}
