package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.prob.Normal;

/** Pictures in which what is wrong with a regression shows: residuals without structure are a cloud. */
public final class ResidualPlots {
    private ResidualPlots() {}

    /** All four; without leverages the first three. */
    public static Figure dashboard(String title, RegressionResiduals residuals) {
        return residuals.leverage() == null ? Figure.grid(title, 2, againstFitted(residuals), normalQuantiles(residuals), spread(residuals))
                : Figure.grid(title, 2, againstFitted(residuals), normalQuantiles(residuals), spread(residuals), influence(residuals));
    }

    /** Residuals against fitted values: a bend is a missing term, a fan unequal variance. */
    public static Plot againstFitted(RegressionResiduals residuals) {
        return Figure.scatter("Residuals against fitted values", residuals.fitted(), residuals.raw()).horizontalLine(0, "")
                .axes("fitted value", "residual").describedAs("Residuals over fitted values; a good model leaves a level cloud.");
    }

    /** Ordered standardised residuals against normal quantiles: points off the line are heavy tails or skewness. */
    public static Plot normalQuantiles(RegressionResiduals residuals) {
        double[] sorted = Arrays.stream(residuals.standardised()).filter(Double::isFinite).sorted().toArray(),
                quantiles = new double[sorted.length];
        for (int i = 0; i < quantiles.length; i++) quantiles[i] = Normal.STANDARD.quantile((i + 0.5) / quantiles.length);
        double end = quantiles.length == 0 ? 1 : quantiles[quantiles.length - 1];
        return Figure.scatter("Normal quantiles", quantiles, sorted).line("normal", new double[] {-end, end}, new double[] {-end, end})
                .dashed().axes("normal quantile", "standardised residual")
                .describedAs("Ordered residuals against normal quantiles; normal errors follow the line.");
    }

    /** Root of the absolute standardised residual against the fit: a trend is unequal variance. */
    public static Plot spread(RegressionResiduals residuals) {
        double[] root = Arrays.stream(residuals.standardised()).map(r -> Math.sqrt(Math.abs(r))).toArray();
        return Figure.scatter("Spread against fitted values", residuals.fitted(), root)
                .axes("fitted value", "root of |standardised residual|")
                .describedAs("The size of residuals over fitted values; with equal variance it stays level.");
    }

    /** Standardised residuals against leverage, with the curve of Cook's distance 1: what lies beyond decides the fit alone. */
    public static Plot influence(RegressionResiduals residuals) {
        double most = Math.min(0.99, Arrays.stream(residuals.leverage()).max().orElse(0) * 1.05 + 1e-3);
        int p = residuals.parameters();
        return Figure.scatter("Influence", residuals.leverage(), residuals.standardised())
                .line("Cook's distance 1", most / 50, most, h -> Math.min(10, Math.sqrt(p * (1 - h) / h))).dashed()
                .line("", most / 50, most, h -> Math.max(-10, -Math.sqrt(p * (1 - h) / h))).dashed()
                .axes("leverage", "standardised residual")
                .describedAs("Residuals over leverage; rows beyond the dashed curves move the whole fit.");
    }
}
