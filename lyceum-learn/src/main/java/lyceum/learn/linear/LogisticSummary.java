package lyceum.learn.linear;

import java.util.List;
import java.util.Locale;

/**
 * The inference table of an unpenalised binary {@link LogisticRegression}.
 *
 * @param coefficients on the scale of log odds, with Wald z and intervals
 * @param rows rows of positive weight
 * @param separation if the classes are split, nothing in the table can be trusted
 */
public record LogisticSummary(CoefficientTable coefficients, double logLikelihood, double nullLogLikelihood, int rows,
        Separation separation) {

    /** {@code exp} of each coefficient: the factor by which one unit multiplies the odds. */
    public double[] oddsRatios() { return exp(coefficients.estimates()); }

    /** The lower ends of the odds ratios' intervals. */
    public double[] oddsRatioLows() { return exp(coefficients.lows()); }

    /** The upper ends of the odds ratios' intervals. */
    public double[] oddsRatioHighs() { return exp(coefficients.highs()); }

    private static double[] exp(double[] values) {
        for (int i = 0; i < values.length; i++) values[i] = Math.exp(values[i]);
        return values;
    }

    /** {@code -2 logLikelihood}. */
    public double deviance() { return -2 * logLikelihood; }

    /** Of the class shares alone. */
    public double nullDeviance() { return -2 * nullLogLikelihood; }

    /** McFadden's {@code 1 - logLikelihood / nullLogLikelihood}. */
    public double pseudoR2() { return 1 - logLikelihood / nullLogLikelihood; }

    public double aic() { return 2 * coefficients.rows().size() - 2 * logLikelihood; }

    public double bic() { return Math.log(rows) * coefficients.rows().size() - 2 * logLikelihood; }

    /** The same summary with these names for the slopes. */
    public LogisticSummary named(List<String> names) {
        return new LogisticSummary(coefficients.named(names), logLikelihood, nullLogLikelihood, rows, separation);
    }

    /** The summary as text. */
    @Override public String toString() {
        var text = new StringBuilder("Logistic regression\n\n").append(coefficients);
        text.append(String.format(Locale.ROOT, "%nodds ratios%n"));
        double[] ratio = oddsRatios(), low = oddsRatioLows(), high = oddsRatioHighs();
        for (int i = 0; i < ratio.length; i++)
            text.append(
                    String.format(Locale.ROOT, "%s %.5g (%.5g to %.5g)%n", coefficients.rows().get(i).name(), ratio[i], low[i], high[i]));
        text.append(String.format(Locale.ROOT, "deviance %.5g, null deviance %.5g, pseudo R2 %.4f, AIC %.5g%n", deviance(), nullDeviance(),
                pseudoR2(), aic()));
        if (separation != Separation.NONE) text.append("The classes are separated (").append(separation)
                .append("): no finite estimate exists, and nothing above can be trusted.\n");
        return text.toString();
    }
}
