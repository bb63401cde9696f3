package lyceum.text.vector;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import lyceum.FormatException;
import lyceum.text.internal.Utf8;
import lyceum.text.vector.FastTextSettings.Kind;
import lyceum.text.vector.FastTextSettings.Loss;

/**
 * The fastText program's {@code .bin}, little-endian: a magic number and a version; twelve settings and the threshold; sizes, then a word, a zero, its count and
 * its type for each entry; and two matrices, each a byte (1 if quantised), rows, columns and F32 numbers.
 */
final class FastTextFile {
    private static final String FORMAT = "fastText .bin";
    private static final int MAGIC = 793712314, VERSION = 12, LONGEST_WORD = 1 << 16;

    private FastTextFile() {}

    static FastTextModel read(Path file) throws IOException {
        try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return read(in, Files.size(file));
        }
    }

    static FastTextModel read(InputStream in, long size) throws IOException { return new Reader(in, size).model(); }

    private static final class Reader {
        private final InputStream in;
        private final long size;
        private long at;

        Reader(InputStream in, long size) {
            this.in = in;
            this.size = size;
        }

        private FormatException wrong(String what) { return FormatException.at(FORMAT, at, what); }

        private ByteBuffer bytes(int n) throws IOException {
            byte[] bytes = in.readNBytes(n);
            if (bytes.length < n) throw wrong("the file ends " + (n - bytes.length) + " bytes too early");
            at += n;
            return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }

        private int number(String name, int least, int most) throws IOException {
            int n = bytes(4).getInt();
            if (n < least || n > most) throw wrong(name + " is " + n + "; it lies between " + least + " and " + most);
            return n;
        }

        FastTextModel model() throws IOException {
            if (bytes(4).getInt() != MAGIC) throw wrong("the magic number is missing; .vec files are read by VectorFiles.readText");
            int version = number("the version", 11, VERSION);
            int dimension = number("the dimension", 1, 1 << 20), window = number("the window", 1, 1 << 20),
                    epochs = number("the number of epochs", 0, Integer.MAX_VALUE),
                    minCount = number("the least count", 0, Integer.MAX_VALUE), negatives = number("the number of negatives", 0, 1 << 20),
                    runs = number("the longest run of words", 1, 1 << 10);
            var loss = Loss.values()[number("the loss", 1, 4) - 1];
            var kind = Kind.values()[number("the kind of model", 1, 3) - 1];
            int buckets = number("the number of buckets", 0, Integer.MAX_VALUE), shortest = number("the shortest n-gram", 0, 1 << 10),
                    longest = number("the longest n-gram", 0, 1 << 10);
            bytes(4); // how often the rate is changed
            double subsample = bytes(8).getDouble();
            if (version == 11 && kind == Kind.SUPERVISED) longest = 0; // which had them in the file but not in the text
            if (shortest > longest) longest = 0; // the program then finds none
            shortest = longest == 0 ? 0 : Math.max(1, shortest);
            if (buckets == 0 && (longest > 0 || runs > 1 && kind == Kind.SUPERVISED))
                throw wrong("there are n-grams of " + longest + " letters or " + runs + " words, and no buckets for them");
            int entries = number("the number of entries", 0, Integer.MAX_VALUE), words = number("the number of words", 0, entries),
                    labels = number("the number of labels", 0, entries);
            long tokens = bytes(8).getLong(), pruned = bytes(8).getLong();
            if (words + labels != entries) throw wrong(words + " words and " + labels + " labels of " + entries + " entries");
            if (pruned >= 0) throw wrong("buckets are pruned, as in a quantised model (.ftz); read the .bin that it was made from");
            if (entries > size / 11) throw wrong(entries + " entries, which a file of " + size + " bytes does not hold");
            var names = new ArrayList<String>();
            var counts = new long[entries];
            for (int i = 0; i < entries; i++) {
                names.add(word());
                counts[i] = bytes(8).getLong();
                int type = bytes(1).get();
                if (type != (i < words ? 0 : 1)) throw wrong("entry " + i + " is of type " + type + "; words come first, labels after");
                if (counts[i] < 0 || counts[i] > 1_000_000_000_000_000L) throw wrong("entry " + i + " has a count of " + counts[i]);
            }
            boolean classifier = kind == Kind.SUPERVISED;
            float[][] input = matrix((long) words + buckets, dimension), output = matrix(classifier ? labels : words, dimension);
            if (words + buckets == 0 || (classifier ? labels : words) == 0) throw wrong("there is nothing in it");
            if (in.read() >= 0) throw wrong("there is more after the second matrix");
            var settings = new FastTextSettings(dimension, window, epochs, minCount, negatives, runs, loss, kind, buckets, shortest,
                    longest, subsample);
            if (new HashSet<>(names).size() < entries) throw wrong("a word or label occurs twice");
            var bare = names.subList(words, entries); // labels of another prefix keep it
            var prefix = bare.stream().allMatch(l -> l.startsWith(FastTextClassifier.PREFIX)) ? FastTextClassifier.PREFIX : "";
            bare = bare.stream().map(l -> l.substring(prefix.length())).toList();
            return new FastTextModel(settings, names.subList(0, words), Arrays.copyOf(counts, words), bare,
                    Arrays.copyOfRange(counts, words, entries), tokens, prefix, input, output);
        }

        private String word() throws IOException {
            var word = new ByteArrayOutputStream(16);
            for (int b = in.read(); b != 0; b = in.read()) {
                if (b < 0) throw wrong("the file ends in a word");
                if (word.size() == LONGEST_WORD) throw wrong("a word does not end");
                word.write(b);
            }
            try {
                var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(word.toByteArray())).toString();
                at += word.size() + 1;
                return text;
            } catch (CharacterCodingException e) {
                throw wrong("broken UTF-8 in a word");
            }
        }

        private float[][] matrix(long rows, int columns) throws IOException {
            if (bytes(1).get() != 0) throw wrong("a matrix is quantised (.ftz); read the .bin that it was made from");
            long m = bytes(8).getLong(), n = bytes(8).getLong();
            if (m != rows || n != columns)
                throw wrong("a matrix of " + m + " x " + n + "; by the settings it is " + rows + " x " + columns);
            if (m > (size - at) / (4 * n)) throw wrong("a matrix of " + m + " x " + n + ", of which there are " + (size - at) + " bytes");
            var matrix = new float[Math.toIntExact(m)][columns];
            for (var row : matrix) bytes(4 * columns).asFloatBuffer().get(row);
            return matrix;
        }
    }

    static void write(FastTextModel model, Path file) throws IOException {
        for (var names : List.of(model.words, model.labels)) for (var name : names) {
            Utf8.bytes(name);
            if (name.isEmpty() || name.indexOf(0) >= 0) throw new IllegalArgumentException(
                    FORMAT + ": the name '" + name.strip() + "' is empty or holds a zero, which ends a name in this format");
        }
        try (var out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            write(model, out);
        }
    }

    private static void write(FastTextModel model, OutputStream out) throws IOException {
        var s = model.settings;
        int words = model.counts.length, labels = model.labelCounts.length;
        ints(out, MAGIC, VERSION, s.dimension(), s.window(), s.epochs(), s.minCount(), s.negatives(), s.runs(), s.loss().ordinal() + 1,
                s.kind().ordinal() + 1, s.buckets(), s.shortest(), s.longest(), 100);
        longs(out, Double.doubleToLongBits(s.subsample()));
        ints(out, words + labels, words, labels);
        longs(out, model.tokens, -1);
        for (int i = 0; i < words + labels; i++) {
            boolean label = i >= words;
            out.write(Utf8.bytes(label ? model.prefix + model.labels.get(i - words) : model.words.get(i)));
            out.write(0);
            longs(out, label ? model.labelCounts[i - words] : model.counts[i]);
            out.write(label ? 1 : 0);
        }
        for (float[][] matrix : List.of(model.in, model.out)) {
            out.write(0);
            longs(out, matrix.length, s.dimension());
            var buffer = ByteBuffer.allocate(4 * s.dimension()).order(ByteOrder.LITTLE_ENDIAN);
            for (float[] row : matrix) {
                buffer.clear().asFloatBuffer().put(row);
                out.write(buffer.array());
            }
        }
    }

    private static void ints(OutputStream out, int... numbers) throws IOException {
        var buffer = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int n : numbers) buffer.putInt(n);
        out.write(buffer.array());
    }

    private static void longs(OutputStream out, long... numbers) throws IOException {
        var buffer = ByteBuffer.allocate(8 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long n : numbers) buffer.putLong(n);
        out.write(buffer.array());
    }
}
