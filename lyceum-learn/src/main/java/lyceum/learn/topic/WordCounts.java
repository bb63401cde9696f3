package lyceum.learn.topic;

import lyceum.ShapeException;
import lyceum.tensor.Csr;

/** Documents as plain arrays, checked: the entries of document d are {@code start[d] .. start[d + 1] - 1}. */
record WordCounts(int[] start, int[] word, double[] count, int vocabulary) {
    static WordCounts of(String operation, Csr x) {
        if (x.rows() == 0 || x.columns() == 0)
            throw new ShapeException(operation + ": counts are " + x + "; a document and a word are needed");
        return of(x, operation);
    }

    /** There may be no documents. */
    static WordCounts of(Csr x, String operation) {
        var start = new int[(int) x.rows() + 1];
        for (int d = 0; d < start.length; d++) start[d] = x.rowStart(d);
        var word = new int[x.entries()];
        for (int e = 0; e < word.length; e++) word[e] = x.column(e);
        double[] count = x.values().detach().toDoubleArray();
        for (double v : count)
            if (!(v >= 0 && v < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException(operation + ": a count is " + v + "; counts are finite and at least 0");
        return new WordCounts(start, word, count, (int) x.columns());
    }

    int documents() { return start.length - 1; }

    double total() {
        double sum = 0;
        for (double v : count) sum += v;
        return sum;
    }
}
