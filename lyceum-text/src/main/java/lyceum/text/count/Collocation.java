package lyceum.text.count;

/**
 * Whether two words stand together more often than by chance. With O the 2 x 2 table of pairs with and without each and E what independence expects,
 *
 * <pre>PMI = log2(N c(a,b) / (c(a) c(b)))      G2 = 2 sum O ln(O / E)      t = (c(a,b) - E) / sqrt(c(a,b))      chi2 = N (O11 O22 - O12 O21)^2 / margins.</pre>
 *
 * <p>PMI puts pairs met once on top: ask for a least count. G2 weighs the evidence; the commonest pairs win.
 *
 * @param both how often the pair was met
 * @param first how often its first word
 * @param second how often its second
 * @param total words
 * @see <a href="https://aclanthology.org/J90-1003/">Church and Hanks (1990)</a>
 * @see <a href="https://aclanthology.org/J93-1003/">Dunning (1993)</a>
 */
public record Collocation(long both, long first, long second, long total) {
    public Collocation {
        if (both < 0 || both > Math.min(first, second) || Math.max(first, second) > total || first + second - both > total)
            throw new IllegalArgumentException(
                    "Collocation: counts " + both + " of " + first + " and " + second + " among " + total + " fit no table");
    }

    private double expected() { return (double) first * second / total; }

    public double pmi() { return Math.log((double) both * total / ((double) first * second)) / Math.log(2); }

    /** Dunning's log-likelihood ratio. */
    public double likelihoodRatio() {
        double n = total, a = first, b = second;
        return 2 * (part(both, a * b / n) + part(first - both, a * (n - b) / n) + part(second - both, (n - a) * b / n)
                + part(total - first - second + both, (n - a) * (n - b) / n));
    }

    private static double part(double observed, double expected) { return observed == 0 ? 0 : observed * Math.log(observed / expected); }

    public double studentT() { return both == 0 ? 0 : (both - expected()) / Math.sqrt(both); }

    public double chiSquared() {
        double a = both, b = first - both, c = second - both, d = total - first - second + both, cross = a * d - b * c;
        double margins = (a + b) * (a + c) * (b + d) * (c + d);
        return margins == 0 ? 0 : total * cross * cross / margins;
    }
}
