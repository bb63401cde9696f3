package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.Locale;
import lyceum.DType;
import lyceum.info.InformationBottleneck;
import lyceum.info.InformationPlane;
import lyceum.info.MutualInformation;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Descriptions from none to all, in steps; and the plane in which a network's layers are said to compress. */
@Lab(topics = "information-bottleneck", title = "How short can a description be")
final class InformationBottleneckLab implements LabBody {
    @Override public void run(LabContext lab) {
        int ages = lab.param("kindsOfFaces", 6, 3, 10), groups = lab.param("ageGroups", 3, 2, 5), bins = lab.param("bins", 12, 3, 40);
        double blur = lab.param("blur", 0.6, 0.2, 2.0);

        var joint = new double[ages][groups]; // faces in a row, age groups too: neighbours are confused
        for (int x = 0; x < ages; x++)
            for (int y = 0; y < groups; y++)
                joint[x][y] = Math
                        .exp(-Math.pow((double) x / (ages - 1) - (double) y / (groups - 1), 2) * groups * groups / (2 * blur * blur));
        double all = MutualInformation.of(joint), critical = InformationBottleneck.criticalBeta(joint);
        var betas = new double[36];
        for (int b = 0; b < betas.length; b++) betas[b] = 0.8 * critical * Math.pow(1.12, b);
        var curve = InformationBottleneck.curve(joint, ages, betas, 4, lab.rng(1));
        double[] paid = Arrays.stream(curve).mapToDouble(s -> s.complexity()).toArray(),
                told = Arrays.stream(curve).mapToDouble(s -> s.relevance()).toArray();
        double[] used = Arrays.stream(curve).mapToDouble(s -> distinct(s.decoder(), s.clusters())).toArray();
        lab.figure(Figure.plot("What a description of a face costs and tells").line("best trade", paid, told)
                .points("one beta each", paid, told).line("all that faces tell", 0, paid[paid.length - 1], v -> all)
                .axes("I(X;Z), length of the description (nats)", "I(Z;Y), told about the age (nats)").describedAs(
                        "The curve rises from nothing, steep at first, and flattens towards all that X tells about Y: a concave trade."));
        lab.figure(Figure.plot("Different descriptions in use").line("kinds", betas, used).points("betas", betas, used).logX()
                .axes("beta, nats paid for a nat about the age", "kinds of descriptions").describedAs(
                        "Below the critical beta there is one description for all faces; as beta grows they split one after the other."));
        lab.say("Below beta = %.2f nothing is said. At %.1f the description costs %.3f nats and keeps %.0f%% of the %.3f that faces tell.",
                critical, betas[20], paid[20], 100 * told[20] / all, all);
        lab.shows("length of the description at 0.8 of the critical beta", paid[0], below(1e-6));

        double sag = 0;
        for (int i = 1; i + 1 < paid.length; i++)
            if (paid[i + 1] - paid[i - 1] > 1e-9) sag = Math.max(sag,
                    told[i - 1] + (told[i + 1] - told[i - 1]) * (paid[i] - paid[i - 1]) / (paid[i + 1] - paid[i - 1]) - told[i]);
        lab.shows("depth of a point below the chord of its neighbours", sag, atMost(1e-4));

        var plot = Figure.plot("The second hidden layer while it learns, in %d bins".formatted(bins));
        for (var activation : new Activation[] {Activation.TANH, Activation.RELU}) {
            double[][] path = path(activation, bins, lab.rng(2));
            plot = plot.line(activation.name().toLowerCase(Locale.ROOT), path[0], path[1]).points("end, " + activation.name(),
                    new double[] {path[0][path[0].length - 1]}, new double[] {path[1][path[1].length - 1]});
        }
        lab.figure(plot.axes("I(X;T), binned (nats)", "I(T;Y), binned (nats)").describedAs(
                "Paths of a tanh and a ReLU network through the information plane; both come to tell more about the target. Turn the bins: the picture changes, the network does not."));
    }

    private static int distinct(double[][] decoder, double[] weight) {
        int count = 0;
        for (int z = 0; z < decoder.length; z++) {
            boolean fresh = weight[z] > 1e-6;
            for (int other = 0; other < z && fresh; other++) if (weight[other] > 1e-6) {
                double gap = 0;
                for (int y = 0; y < decoder[z].length; y++) gap = Math.max(gap, Math.abs(decoder[z][y] - decoder[other][y]));
                fresh = gap > 1e-3;
            }
            if (fresh) count++;
        }
        return count;
    }

    /** All 256 bytes: are there more ones than zeros, the first bit deciding ties? A network of 6 and 3 units learns it; where its second layer is, every 10 steps. */
    private static double[][] path(Activation activation, int bins, Rng rng) {
        var bits = new double[256][8];
        var labels = new int[256];
        for (int i = 0; i < 256; i++) {
            for (int b = 0; b < 8; b++) bits[i][b] = (i >> b & 1) * 2 - 1;
            labels[i] = Integer.bitCount(i) + (i >> 7) > 4 ? 1 : 0;
        }
        Tensor x = Tensor.of(bits), y = Tensor.of(Arrays.stream(labels).asDoubleStream().toArray());
        Tensor[] w = {weights(rng, 8, 6), weights(rng, 6, 3), weights(rng, 3, 1)};
        var adam = new Adam(0.03).over(w);
        double[][] path = new double[2][31];
        for (int step = 0; step <= 300; step++) {
            var layer = activation.apply(activation.apply(x.matmul(w[0])).matmul(w[1]));
            if (step % 10 == 0) {
                var t = layer.detach();
                double low = activation == Activation.TANH ? -1 : 0,
                        high = activation == Activation.TANH ? 1 : Math.max(1e-3, t.max().item());
                var at = InformationPlane.binned(t.to(DType.F64), labels, bins, low, high);
                path[0][step / 10] = at.input();
                path[1][step / 10] = at.target();
            }
            var score = layer.matmul(w[2]).squeeze(1);
            adam.zeroGrad();
            score.softplus().sub(score.mul(y)).mean().backward();
            adam.step();
        }
        return path;
    }

    private static Tensor weights(Rng rng, int in, int out) {
        return Tensor.randn(rng, DType.F64, in, out).div(Math.sqrt(in)).compute().requiresGrad();
    }
}
