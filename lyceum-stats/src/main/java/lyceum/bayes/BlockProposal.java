package lyceum.bayes;

import lyceum.random.Rng;

/** A proposal for some coordinates; the rest stay. */
record BlockProposal(Proposal inner, int[] coordinates) implements Proposal {
    private double[] part(double[] x) {
        var part = new double[coordinates.length];
        for (int i = 0; i < part.length; i++) part[i] = x[coordinates[i]];
        return part;
    }

    @Override public void draw(double[] x, double[] y, Rng rng) {
        double[] from = part(x), to = from.clone();
        inner.draw(from, to, rng);
        for (int i = 0; i < to.length; i++) y[coordinates[i]] = to[i];
    }

    @Override public double logDensity(double[] x, double[] y) {
        var moves = new boolean[x.length];
        for (int c : coordinates) moves[c] = true;
        for (int i = 0; i < x.length; i++) if (!moves[i] && x[i] != y[i]) return Double.NEGATIVE_INFINITY;
        return inner.logDensity(part(x), part(y));
    }

    @Override public boolean isSymmetric() { return inner.isSymmetric(); }
}
