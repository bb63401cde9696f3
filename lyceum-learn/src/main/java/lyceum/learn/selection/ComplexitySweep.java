package lyceum.learn.selection;

import java.util.List;
import java.util.Locale;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.plot.Series;

/**
 * Decompositions along a complexity parameter.
 *
 * @param complexity such as degrees or depths, ascending
 * @param decompositions one for each
 */
public record ComplexitySweep(double[] complexity, List<Decomposition> decompositions) {
    public ComplexitySweep { decompositions = List.copyOf(decompositions); }

    /** Position of the least expected error. */
    public int best() {
        int best = 0;
        for (int i = 1; i < decompositions.size(); i++)
            if (decompositions.get(i).expectedError() < decompositions.get(best).expectedError()) best = i;
        return best;
    }

    /** The three parts stacked, and the measured test error on top of them. @param parameter what the horizontal axis is called */
    public Plot figure(String title, String parameter) {
        double[] noise = decompositions.stream().mapToDouble(Decomposition::noise).toArray();
        double[] bias = decompositions.stream().mapToDouble(d -> Math.max(0, d.meanBiasSquared())).toArray();
        double[] variance = decompositions.stream().mapToDouble(Decomposition::meanVariance).toArray();
        return Figure.area(title, complexity, Series.of("noise", noise), Series.of("bias squared", bias), Series.of("variance", variance))
                .line("measured test error", complexity, decompositions.stream().mapToDouble(Decomposition::meanTestError).toArray())
                .axes(parameter, "mean squared error").describedAs(String.format(Locale.ROOT,
                        "Bias falls and variance grows along %s; their sum with the noise is least at %s.", parameter, complexity[best()]));
    }
}
