package lyceum.learn.linear;

import java.util.List;
import java.util.Locale;

/**
 * The inference table of a least-squares fit.
 *
 * <p>Valid for a model fixed before looking at y, with independent errors of equal variance (or of variance {@code sigma^2 / w_i} under
 * weights); exact for normal errors, approximate otherwise.
 *
 * @param coefficients the intercept first, with t and 95% intervals (or those of the level asked for)
 * @param r2 {@code 1 - RSS / TSS}; TSS is about the (weighted) mean with an intercept, about 0 without
 * @param adjustedR2 {@code 1 - (1 - R2) (n - c) / dfResidual}, c = 1 with an intercept, else 0
 * @param sigma the residual standard deviation {@code sqrt(RSS / dfResidual)}
 * @param f statistic of the hypothesis that every slope is 0
 * @param fPValue its p-value
 * @param dfModel rank of the design, less one for the intercept
 * @param dfResidual rows of positive weight, less the rank
 * @param logLikelihood under normal errors, at the maximum-likelihood variance
 * @param aic {@code 2 rank - 2 logLikelihood}
 * @param bic {@code log(n) rank - 2 logLikelihood}
 * @param rankDeficient some columns depend on the others: the coefficients are the shortest of many that fit alike
 */
public record RegressionSummary(CoefficientTable coefficients, double r2, double adjustedR2, double sigma, double f, double fPValue,
        int dfModel, int dfResidual, double logLikelihood, double aic, double bic, boolean rankDeficient) {

    /** The same summary with these names for the slopes. */
    public RegressionSummary named(List<String> names) {
        return new RegressionSummary(coefficients.named(names), r2, adjustedR2, sigma, f, fPValue, dfModel, dfResidual, logLikelihood, aic,
                bic, rankDeficient);
    }

    /** The summary as text, as statistics programs print it. */
    @Override public String toString() {
        var text = new StringBuilder("Least squares\n\n").append(coefficients);
        text.append(String.format(Locale.ROOT, "%nR2 %.4f, adjusted %.4f; residual standard deviation %.5g on %d degrees of freedom%n", r2,
                adjustedR2, sigma, dfResidual));
        text.append(String.format(Locale.ROOT, "F(%d, %d) = %.4g, p = %.3g%n", dfModel, dfResidual, f, fPValue));
        text.append(String.format(Locale.ROOT, "log likelihood %.5g, AIC %.5g, BIC %.5g%n", logLikelihood, aic, bic));
        if (rankDeficient)
            text.append("The columns are linearly dependent: single coefficients are not determined, only the shortest solution is.\n");
        return text.toString();
    }
}
