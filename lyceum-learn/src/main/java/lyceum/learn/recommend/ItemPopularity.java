package lyceum.learn.recommend;

import lyceum.tensor.Csr;

/** The baseline that a recommender must beat: everybody is offered what most have seen. */
public record ItemPopularity() {
    public Fitted fit(Csr seen) {
        var rows = SparseRows.positive("ItemPopularity.fit", seen);
        var counts = new double[rows.width()];
        for (int i : rows.column()) counts[i]++;
        return new Fitted(rows.count(), counts);
    }

    /** @param counts users that have seen each item */
    public record Fitted(int users, double[] counts) implements Recommender {
        @Override public int items() { return counts.length; }

        @Override public double[] scores(int user) { return counts.clone(); }
    }
}
