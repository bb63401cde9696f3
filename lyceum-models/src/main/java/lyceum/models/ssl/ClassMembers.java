package lyceum.models.ssl;

import java.util.Arrays;
import lyceum.data.Dataset;
import lyceum.random.Rng;

/** Which rows of labelled data belong to which class. */
record ClassMembers(String operation, int[] labels, int[][] rows) {
    static ClassMembers of(String operation, Dataset data) {
        if (!data.isClassification())
            throw new IllegalArgumentException(operation + ": y holds " + data.y().dtype() + " targets; it takes class numbers");
        int[] labels = data.labels(), counts = data.classCounts();
        var rows = new int[counts.length][];
        for (int c = 0; c < rows.length; c++) rows[c] = new int[counts[c]];
        for (int i = labels.length - 1; i >= 0; i--) rows[labels[i]][--counts[labels[i]]] = i;
        return new ClassMembers(operation, labels, rows);
    }

    /** Classes of at least so many rows. */
    int[] classesOf(int least) {
        var found = new int[rows.length];
        int n = 0;
        for (int c = 0; c < rows.length; c++) if (rows[c].length >= least) found[n++] = c;
        return Arrays.copyOf(found, n);
    }

    /** Another row of the class. */
    int partner(int row, Rng rng) {
        int[] own = rows[labels[row]];
        if (own.length < 2)
            throw new IllegalArgumentException(operation + ": class " + labels[row] + " has one row; a pair of it takes two");
        int drawn = own[rng.nextInt(own.length - 1)];
        return drawn == row ? own[own.length - 1] : drawn;
    }

    /** A row of another class, each as likely. */
    int stranger(int row, Rng rng) {
        if (rows[labels[row]].length == labels.length)
            throw new IllegalArgumentException(operation + ": all rows are of class " + labels[row] + "; a mismatch takes two classes");
        int drawn;
        do drawn = rng.nextInt(labels.length); while (labels[drawn] == labels[row]);
        return drawn;
    }
}
