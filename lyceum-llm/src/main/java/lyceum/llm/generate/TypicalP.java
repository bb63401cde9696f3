package lyceum.llm.generate;

import lyceum.random.Rng;

/**
 * Keeps tokens whose surprise is near the entropy of the distribution.
 *
 * @see <a href="https://arxiv.org/abs/2202.00666">Meister, Pimentel, Wiher and Cotterell (2023)</a>
 */
final class TypicalP implements LogitProcessor {
    private final double mass;
    private double[] keys = new double[0];

    TypicalP(double mass) { this.mass = mass; }

    @Override public void apply(LogitRow row, TokenHistory history, Rng stream) {
        int n = row.count();
        if (keys.length < n) keys = new double[row.vocabulary()];
        double log = row.logSum(), entropy = 0, total = row.masses();
        for (int i = 0; i < n; i++) if (row.masses[i] > 0) entropy += row.masses[i] / total * (log - row.logits[i]);
        for (int i = 0; i < n; i++) keys[i] = -Math.abs(log - row.logits[i] - entropy);
        row.keepMass(keys, mass);
    }
}
