package lyceum.data;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link OrdinalEncoder}.
 *
 * @param categories of each column
 * @param refuseUnknown whether an unknown category is an error, else -1
 */
public record OrdinalEncoding(List<Categories> categories, boolean refuseUnknown) {
    public OrdinalEncoding { categories = List.copyOf(categories); }

    /** Codes (n x columns), F64. */
    public Tensor transform(Frame frame) {
        int n = frame.size(), p = categories.size();
        var codes = new double[n * p];
        for (int j = 0; j < p; j++) {
            int[] found = codes(frame, j);
            for (int i = 0; i < n; i++) codes[i * p + j] = found[i];
        }
        return Tensor.of(codes, n, p);
    }

    private int[] codes(Frame frame, int j) {
        var column = frame.column(categories.get(j).name());
        return refuseUnknown ? categories.get(j).known("OrdinalEncoding", column) : categories.get(j).codes(column);
    }

    /**
     * The codes in base 2, most significant bit first: about {@code log2 k} columns for k categories, all bits 0 for an unknown one. Names:
     * {@link #binaryNames}.
     */
    public Tensor binary(Frame frame) {
        int n = frame.size(), width = binaryNames().size(), from = 0;
        var bits = new double[n * width];
        for (int j = 0; j < categories.size(); j++) {
            int count = bits(categories.get(j).size());
            int[] found = codes(frame, j);
            for (int i = 0; i < n; i++) for (int b = 0; b < count; b++) bits[i * width + from + b] = found[i] + 1 >> count - 1 - b & 1;
            from += count;
        }
        return Tensor.of(bits, n, width);
    }

    private static int bits(int categories) { return 32 - Integer.numberOfLeadingZeros(categories); }

    /** Of the columns of {@link #binary}: {@code colour_0}, ... */
    public List<String> binaryNames() {
        var names = new ArrayList<String>();
        for (var c : categories) for (int b = 0; b < bits(c.size()); b++) names.add(c.name() + "_" + b);
        return names;
    }

    /** Back from codes; -1 becomes null. @throws IllegalArgumentException for a code that no category has */
    public Frame inverse(Tensor codes) {
        int p = categories.size();
        if (codes.rank() != 2 || codes.size(1) != p)
            throw new ShapeException("OrdinalEncoding.inverse: codes of shape " + codes.shape() + " for " + p + " columns");
        double[] values = codes.toDoubleArray();
        var columns = new ArrayList<Column>();
        for (int j = 0; j < p; j++) {
            var found = new int[values.length / p];
            for (int i = 0; i < found.length; i++) {
                double code = values[i * p + j];
                if (code != (int) code || code < -1 || code >= categories.get(j).size())
                    throw new IllegalArgumentException("OrdinalEncoding.inverse: code " + code + " at row " + i + " of '"
                            + categories.get(j).name() + "', which has " + categories.get(j).size() + " categories");
                found[i] = (int) code;
            }
            columns.add(categories.get(j).column(found));
        }
        return Frame.of(columns);
    }
}
