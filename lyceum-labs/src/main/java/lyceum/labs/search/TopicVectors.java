package lyceum.labs.search;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import lyceum.FormatException;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/**
 * The vectors of all topics, of 8 bits a number, each with the hash of the text that it was made of: {@link MeaningBuild} writes them, and what a text
 * no longer says is not compared. A vector has length 1, so that products are cosines.
 *
 * <p>How near a topic is to a question: a fifth the cosine of the question with its passages, of which the summary counts twice, and the rest late interaction, the mean over
 * the question's tokens of the cosine with the nearest token (Khattab and Zaharia, 2020): a fifth with title and summary, three with its sayings ({@link Asked}).
 */
final class TopicVectors {

    static final String RESOURCE = "/lyceum/labs/meanings.bin";
    private static final int MAGIC = 0x4C594D32; // LYM2
    private static final int MOST = 100_000;
    /** What whole texts, title and summary, and sayings count, tuned on the committed questions. */
    private static final double WHOLE = 0.2, HEADLINE = 0.2, ASKED = 0.6;

    /**
     * A topic's rows: its passages', its headline's tokens', then its sayings' tokens'.
     *
     * @param x its place on the map by meaning, from 0 to 1
     */
    record Entry(String slug, float x, float y, long[] passages, long headline, int tokens, long asked, int askedTokens) {
        int rows() { return passages.length + tokens + askedTokens; }

        boolean says(Passages now) {
            return headline == Passages.hash(now.headline()) && asked == Passages.hash(now.asked())
                    && Arrays.equals(passages, now.texts().stream().mapToLong(Passages::hash).toArray());
        }
    }

    private final List<Entry> entries;
    private final QuantisedMatrix rows;

    /** @param bytes of the rows, in the order of the entries */
    TopicVectors(List<Entry> entries, int dimension, MemorySegment bytes) {
        this.entries = List.copyOf(entries);
        rows = QuantisedMatrix.on(bytes, BlockFormat.Q8_0, entries.stream().mapToInt(Entry::rows).sum(), dimension)
                .withActivations(Activations.Q8);
    }

    List<Entry> entries() { return entries; }

    /** The bytes of a row. */
    byte[] row(long row) {
        long size = BlockFormat.Q8_0.rowBytes(rows.columns());
        return rows.segment().asSlice(row * size, size).toArray(ValueLayout.JAVA_BYTE);
    }

    /** The mean of {@code count} rows. */
    float[] mean(long from, int count) {
        var mean = new float[Math.toIntExact(rows.columns())];
        var row = new float[mean.length];
        for (long r = from; r < from + count; r++) {
            rows.blocks().dequantise(r, row, 0);
            for (int i = 0; i < mean.length; i++) mean[i] += row[i] / count;
        }
        return mean;
    }

    /** Those of topics whose texts are still what the vectors were made of. */
    Map<String, Integer> current(Function<String, Passages> texts) {
        var places = new HashMap<String, Integer>();
        for (int t = 0; t < entries.size(); t++) {
            var now = texts.apply(entries.get(t).slug());
            if (now != null && entries.get(t).says(now)) places.put(entries.get(t).slug(), t);
        }
        return places;
    }

    /**
     * How near each topic is, from 0 to 1.
     *
     * @param question the vector of a question, and below it those of its tokens, all of length 1
     */
    double[] near(Tensor question) {
        var products = rows.matmul(question).toFloatArray();
        int n = Math.toIntExact(rows.rows()), tokens = Math.toIntExact(question.size(0)) - 1, at = 0;
        var near = new double[entries.size()];
        for (int t = 0; t < near.length; t++) {
            var entry = entries.get(t);
            double whole = passages(products, at, entry.passages().length);
            at += entry.passages().length;
            double headline = late(products, n, tokens, at, entry.tokens());
            at += entry.tokens();
            double asked = entry.askedTokens() == 0 ? (whole + headline) / 2 : late(products, n, tokens, at, entry.askedTokens());
            at += entry.askedTokens();
            near[t] = Math.clamp(WHOLE * whole + HEADLINE * headline + ASKED * asked, 0, 1);
        }
        return near;
    }

    /** The mean over a question's tokens of the product with the nearest of {@code count} rows. */
    private static double late(float[] products, int n, int tokens, int at, int count) {
        double sum = 0;
        for (int q = 1; q <= tokens; q++) {
            float best = -1;
            for (int i = at; i < at + count; i++) best = Math.max(best, products[q * n + i]);
            sum += best;
        }
        return sum / tokens;
    }

    /** The summary's with half the mean of the two best of the article's paragraphs. */
    private static double passages(float[] products, int at, int count) {
        double best = -1, second = -1;
        for (int i = at + 1; i < at + count; i++) {
            second = Math.max(second, Math.min(best, products[i]));
            best = Math.max(best, products[i]);
        }
        double article = count == 1 ? products[at] : count == 2 ? best : (best + second) / 2;
        return (products[at] + article / 2) / 1.5;
    }

    /** @throws FormatException if it is none, or broken */
    static TopicVectors read(InputStream stream) throws IOException {
        var in = new DataInputStream(stream);
        var head = head(in);
        var heap = in.readAllBytes();
        var bytes = Arena.ofAuto().allocate(heap.length, 64);
        MemorySegment.copy(heap, 0, bytes, ValueLayout.JAVA_BYTE, 0, heap.length);
        return new TopicVectors(head.entries, head.dimension, bytes);
    }

    /** What stands before the rows. */
    record Head(int dimension, List<Entry> entries) {}

    /** @throws FormatException if it is none, or broken */
    static Head head(DataInputStream in) throws IOException {
        try {
            if (in.readInt() != MAGIC) throw new FormatException("meanings: not a file of topics' vectors");
            int dimension = bounded(in.readInt()), count = bounded(in.readInt());
            var entries = new ArrayList<Entry>();
            for (int t = 0; t < count; t++) {
                var slug = in.readUTF();
                float x = in.readFloat(), y = in.readFloat();
                var passages = new long[bounded(in.readInt())];
                if (passages.length == 0) throw new FormatException("meanings: " + slug + " has no passage");
                for (int i = 0; i < passages.length; i++) passages[i] = in.readLong();
                entries.add(new Entry(slug, x, y, passages, in.readLong(), bounded(in.readInt()), in.readLong(), bounded(in.readInt())));
            }
            return new Head(dimension, entries);
        } catch (EOFException e) {
            throw new FormatException("meanings: the file ends too early");
        }
    }

    private static int bounded(int count) {
        if (count < 0 || count > MOST) throw new FormatException("meanings: a count is " + count + "; at most " + MOST);
        return count;
    }

    /** Writes the file whole or not at all. */
    void write(Path file) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            out.writeInt(MAGIC);
            out.writeInt(Math.toIntExact(rows.columns()));
            out.writeInt(entries.size());
            for (var entry : entries) {
                out.writeUTF(entry.slug());
                out.writeFloat(entry.x());
                out.writeFloat(entry.y());
                out.writeInt(entry.passages().length);
                for (long hash : entry.passages()) out.writeLong(hash);
                out.writeLong(entry.headline());
                out.writeInt(entry.tokens());
                out.writeLong(entry.asked());
                out.writeInt(entry.askedTokens());
            }
            out.write(rows.segment().toArray(ValueLayout.JAVA_BYTE));
        }
        Files.createDirectories(file.getParent());
        var part = file.resolveSibling(file.getFileName() + ".part");
        Files.write(part, bytes.toByteArray());
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
}
