package lyceum.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.tensor.Tensor;

/** Reads the files beside this class, whose layouts PROVENANCE.md there describes. They are ours: no malformed input is expected. */
final class BundledData {
    private BundledData() {}

    static byte[] unpacked(String name) {
        try (var in = BundledData.class.getResourceAsStream(name)) {
            if (in == null) throw new LyceumException("the data file " + name + " is missing from lyceum-data's jar");
            return new GZIPInputStream(in).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the data file " + name, e);
        }
    }

    /** A CSV of numbers whose last column is a class name; classes are numbered by {@code classNames}. */
    static Dataset classes(String name, String description, String... classNames) {
        var lines = lines(name);
        var header = lines[0].split(",");
        int n = lines.length - 1, p = header.length - 1;
        var x = new double[n * p];
        var y = new long[n];
        var names = List.of(classNames);
        for (int i = 0; i < n; i++) {
            var cells = lines[i + 1].split(",");
            for (int j = 0; j < p; j++) x[i * p + j] = Double.parseDouble(cells[j]);
            y[i] = names.indexOf(cells[p]);
        }
        return new Dataset(Tensor.of(x, n, p), Tensor.of(y), Arrays.asList(header).subList(0, p), names, description);
    }

    /** A CSV of numbers whose last column is the target. */
    static Dataset targets(String name, String description) {
        var lines = lines(name);
        var header = lines[0].split(",");
        int n = lines.length - 1, p = header.length - 1;
        var x = new double[n * p];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            var cells = lines[i + 1].split(",");
            for (int j = 0; j < p; j++) x[i * p + j] = Double.parseDouble(cells[j]);
            y[i] = Double.parseDouble(cells[p]);
        }
        return new Dataset(Tensor.of(x, n, p), Tensor.of(y), Arrays.asList(header).subList(0, p), List.of(), description);
    }

    static Tensor doubles(String name, int n, int p) {
        var values = new double[n * p];
        ByteBuffer.wrap(unpacked(name)).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
        return Tensor.of(values, n, p);
    }

    /** Rows of {@code p} unsigned bytes and a label. */
    static Tensor[] bytes(String name, int p) {
        var bytes = unpacked(name);
        int n = bytes.length / (p + 1);
        var x = new double[n * p];
        var y = new int[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < p; j++) x[i * p + j] = bytes[i * (p + 1) + j] & 0xFF;
            y[i] = bytes[i * (p + 1) + p] & 0xFF;
        }
        return new Tensor[] {Tensor.of(x, n, p), Tensor.of(y).to(DType.I64)};
    }

    static SparseCounts counts(String name, String vocabulary, List<String> classNames, List<String> groupNames) {
        var in = ByteBuffer.wrap(unpacked(name)).order(ByteOrder.LITTLE_ENDIAN);
        int n = in.getInt();
        in.getInt();
        int z = in.getInt();
        int[] labels = new int[n], groups = new int[n], starts = new int[n + 1], columns = new int[z], counts = new int[z];
        for (int i = 0; i < n; i++) labels[i] = in.get();
        for (int i = 0; i < n; i++) groups[i] = in.get();
        for (int i = 0; i <= n; i++) starts[i] = in.getInt();
        for (int i = 0; i < z; i++) columns[i] = in.getChar();
        for (int i = 0; i < z; i++) counts[i] = in.getChar();
        return new SparseCounts(starts, columns, counts, labels, groups, List.of(lines(vocabulary)), classNames, groupNames);
    }

    private static String[] lines(String name) { return new String(unpacked(name), StandardCharsets.US_ASCII).split("\n"); }
}
