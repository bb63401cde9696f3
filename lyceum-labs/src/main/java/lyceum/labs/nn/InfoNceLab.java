package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.Locale;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.loss.Contrast;
import lyceum.nn.loss.InfoNce;
import lyceum.nn.loss.Reduction;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** What picking the partner out of K says about mutual information, where it stops saying more, and which negatives the temperature pushes. */
@Lab(topics = "infonce", title = "An identity parade of K")
final class InfoNceLab implements LabBody {
    private static final double[] TEMPERATURES = {1, 0.5, 0.2, 0.1};

    @Override public void run(LabContext lab) {
        int few = lab.param("fewer candidates", 16, 4, 64), many = lab.param("more candidates", 256, 32, 512);
        int dimensions = lab.param("dimensions", 4, 1, 16), batches = lab.param("batches", 20, 5, 300);
        double hard = lab.param("hardest negative", 0.7, 0.3, 0.79);
        information(lab, few, many, dimensions, batches);
        push(lab, hard);
    }

    /** Gaussian pairs whose information is known, scored by the log density ratio, the best critic there is. */
    private static void information(LabContext lab, int few, int many, int dimensions, int batches) {
        int points = 16;
        double[] truth = new double[points], low = new double[points], high = new double[points];
        for (int i : lab.progress("correlations", points)) {
            truth[i] = 0.6 * i;
            low[i] = bound(few, dimensions, truth[i], batches, lab.rng(i));
            high[i] = bound(many, dimensions, truth[i], batches, lab.rng(i));
        }
        lab.figure(Figure.plot("The bound saturates").add("truth", truth, truth).dashed().add("K = " + few, truth, low)
                .add("K = " + many, truth, high).horizontalLine(Math.log(few), "log " + few).horizontalLine(Math.log(many), "log " + many)
                .axes("mutual information (nats)", "log K - loss (nats)").describedAs(
                        "Both curves follow the diagonal while the information is small beside log K, then bend and stay below their line at log K."));
        lab.say("At %.1f nats of information %d candidates show %.2f of them, %d candidates %.2f.", truth[points - 1], few, low[points - 1],
                many, high[points - 1]);
        lab.shows("largest bound less log K, few", Tensor.of(low).max().item() - Math.log(few), atMost(0));
        lab.shows("largest bound less log K, many", Tensor.of(high).max().item() - Math.log(many), atMost(0));
    }

    private static double bound(int k, int d, double information, int batches, Rng rng) {
        double r2 = -Math.expm1(-2 * information / d), rest = Math.exp(-2 * information / d), sum = 0;
        for (int b = 0; b < batches; b++) {
            var x = Tensor.randn(rng, DType.F64, k, d);
            var y = x.mul(Math.sqrt(r2)).add(Tensor.randn(rng, DType.F64, k, d).mul(Math.sqrt(rest))).compute();
            var squares = x.square().sum(1).unsqueeze(1).add(y.square().sum(1)).mul(r2 / (2 * rest));
            sum += Contrast.of(x.matmul(y.transpose()).mul(Math.sqrt(r2) / rest).sub(squares)).informationBound();
        }
        return sum / batches;
    }

    /** A row with the positive at 0.8 and three negatives: how the gradient is shared among these. */
    private static void push(LabContext lab, double hard) {
        double[] similarities = {0.8, hard, 0.2, -0.1};
        var shares = new double[TEMPERATURES.length][];
        var series = new Series[TEMPERATURES.length];
        for (int t = 0; t < TEMPERATURES.length; t++) {
            double temperature = TEMPERATURES[t];
            var g = Autograd.grad(s -> new Contrast(s.div(temperature), Tensor.of(0L), Reduction.MEAN).loss())
                    .apply(Tensor.of(similarities).unsqueeze(0)).flatten().narrow(0, 1, 3);
            shares[t] = g.div(g.sum()).toDoubleArray();
            series[t] = Series.of("t = " + temperature, shares[t]);
        }
        String[] names = {String.format(Locale.ROOT, "%.2f", hard), "0.20", "-0.10"};
        lab.figure(Figure.bars("Which negatives are pushed", names, series).axes("similarity of the negative", "share of the push")
                .describedAs("At temperature 1 the three negatives are pushed about alike; at 0.1 the most similar one takes nearly all."));
        lab.shows("the hardest negative's share, from t = 1 to 0.1", shares[3][0] - shares[0][0], above(0.1));
        double loss = new InfoNce(0.1).of(Tensor.eye(DType.F64, 8), Tensor.eye(DType.F64, 8)).item();
        lab.say("Eight orthogonal pairs at t = 0.1 cost %.5f nats: the loss is nearly 0, though the bound says no more than log 8.", loss);
    }
}
