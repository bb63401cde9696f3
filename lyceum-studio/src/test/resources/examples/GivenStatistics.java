package examples;

// imports

/** What the examples of statistics leave to their readers, as {@link Given}. */
public abstract class GivenStatistics {
    public abstract static class Samples extends Given {
        public double[] x, y, p, q, a, b, data, series, values, treated, control, start, estimate, from, to;
        public int[] labels;
        public double truth, t, statistic;
        public LogLikelihood logLikelihood;
    }

    public abstract static class ForElbo extends Samples {}

    public abstract static class ForExpectationMaximization extends Given { public double[] start; }

    public abstract static class ForFiniteMixture extends Given { public Tensor heads; }

    public abstract static class ForDensityRatio extends Given { public double[][] fromP, fromQ, heldOutP, heldOutQ; }

    public abstract static class ForFDivergence extends Samples { public double[] witness; }

    public abstract static class ForMutualInformation extends Given {
        public double[][] table;
        public int[] x, y;
        public double[] u, v;
    }

    public abstract static class ForOptimalTransport extends Samples {
        public double[][] xs, ys, covarianceA, covarianceB;
        public double[] meanA, meanB;
    }

    public abstract static class ForSinkhorn extends Samples { public double[][] cost, xs, ys; }

    public abstract static class ForProbabilityFlow extends Given {
        public Sde.Coefficient score;
        public Tensor points;
        public Normal normal;
    }

    public abstract static class ForBootstrap extends Samples { public double[] waits; }

    public abstract static class ForBradleyTerry extends Given { public double[][] wins, ties; }

    public abstract static class ForElo extends Given {
        public double[][] wins;
        public List<Elo.Game> games;
    }

    public abstract static class ForConfidenceInterval extends Samples {
        public double[] accuracies;

        public abstract Interval mean(double[] x, double level);

        public abstract double[] draw(Rng rng);
    }

    public abstract static class ForCorrelation extends Samples {}

    public abstract static class ForFisherInformation extends Samples {}

    public abstract static class ForFisherRao extends Samples {}

    public abstract static class ForGlm extends Samples { public double[][] x; }

    public abstract static class ForHypothesisTest extends Samples {}

    public abstract static class ForLikelihoodRatioTest extends Samples { public double[][] x, fewerColumns; }

    public abstract static class ForMaximumAPosteriori extends Samples {}

    public abstract static class ForMaximumLikelihood extends Samples { public abstract Tensor terms(Tensor w); }

    public abstract static class ForModelComparison extends Samples {
        public int[] first, second;

        public abstract double f1(int[] labels, int[] predicted);
    }

    public abstract static class ForMoments extends Given { public Moments right; }

    public abstract static class ForMultipleTesting extends Given { public double[] pValues; }

    public abstract static class ForOnlineTesting extends Given { public double pValue; }

    public abstract static class ForParametricFamily extends Samples { public ParametricFamily.Formula formula; }

    public abstract static class ForPower extends Given {
        public abstract TestResult myTest(double[] sample);

        public abstract double[] draw(Rng rng);
    }

    public abstract static class ForResamplingPlan extends Samples {
        public int[] promptOfRow;

        public abstract double accuracy(int[] rows);
    }

    public abstract static class ForConcentration extends Samples { public double[] differences; }

    public abstract static class ForEmpiricalRisk extends Given {
        public List<java.util.function.DoublePredicate> thresholds;
        public List<Example> sample;

        public record Example(double x, boolean label) {}
    }

    public abstract static class ForHighDimension extends Given {
        public double[] query;
        public double[][] points;
    }

    public abstract static class ForImplicitBias extends Given { public Tensor start; }

    public abstract static class ForJensenGap extends Samples {}

    public abstract static class ForRademacherComplexity extends Given {
        public double[][] x;
        public double largestNorm, complexity;
    }

    public abstract static class ForStability extends Given {
        public Stability.Fit<double[], double[]> fit;
        public EmpiricalRisk.Loss<double[], double[]> loss;
        public java.util.function.Function<Rng, double[]> law;
        public double[] steps;
    }

    public abstract static class ForStructuralRiskMinimization extends Given {
        public double[] x, fresh;
        public boolean[] yes, labels;
        public java.util.function.IntFunction<IntervalUnion> fit;
        public java.util.function.ToDoubleFunction<IntervalUnion> risk;
    }

    public abstract static class ForUniversalApproximation extends Given {
        public java.util.function.DoubleUnaryOperator f;
        public java.util.function.DoubleBinaryOperator g;
    }

    public abstract static class ForVcDimension extends Given { public double[][] triangle, square, points; }

    public abstract static class ForMultipleProposals extends Given { public Distribution target; }

    public abstract static class ForRaoBlackwell extends Given { public double[] counts; }

    public abstract static class ForSufficiencyCheck extends Samples { public double[][] thetas; }

    public abstract static class ForSufficientStatistics extends Given { public SufficientStatistics tuesday; }

    public abstract static class ForGradientEstimator extends Given { public Reparameterized q; }

    public abstract static class ForReparameterized extends Given { public Tensor mean, logVariance; }

    public abstract static class ForTensorDistribution extends Given { public Tensor reward; }
}
