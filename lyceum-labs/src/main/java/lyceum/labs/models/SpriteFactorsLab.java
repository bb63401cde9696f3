package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.scenes.Sprites;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Svd;
import lyceum.models.generative.BetaSchedule;
import lyceum.models.generative.Disentanglement;
import lyceum.models.generative.LatentSpace;
import lyceum.models.generative.Observation;
import lyceum.models.generative.Vae;
import lyceum.models.generative.VaeConfig;
import lyceum.models.generative.WeakSupervision;
import lyceum.nn.Activation;
import lyceum.nn.MlpConfig;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.plot.Plot;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Squares of known place and size: what a toll on the code, and pairs that share factors, do to its axes. */
@Lab(topics = {"beta-vae", "disentangled-representation"}, title = "One slider, one thing?")
final class SpriteFactorsLab implements LabBody {
    private static final int CODE = 5;
    private static final String[] FACTORS = {"across", "down", "size"}, MODELS = {"beta 1", "higher beta", "pairs"};

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 200, 50, 4000);
        double toll = lab.param("higher beta", 4.0, 1.0, 100.0), deviation = lab.param("deviation of pixels", 0.2, 0.05, 1.0);
        var sprites = new Sprites(16, 8, 3, 1);
        int[][] all = sprites.all();
        int n = all.length, epochs = Math.max(1, steps * 48 / n);
        var x = sprites.pictures(all).reshape(n, 256).compute();
        var trainer = new Trainer(new Adam(5e-3), epochs).withBatchSize(48);
        var config = new VaeConfig(CODE).withObservation(new Observation.Gaussian(deviation));
        var network = MlpConfig.regressor(256, 1, 64, 32).withActivation(Activation.TANH);

        var models = new ArrayList<Vae>();
        for (double beta : new double[] {1, toll, 1})
            models.add(Vae.dense(network, config.withBeta(new BetaSchedule.Constant(beta)), lab.rng(1)));
        models.get(0).fit(trainer, x, null, lab.rng(2), lab.progress());
        models.get(1).fit(trainer, x, null, lab.rng(2), lab.progress());
        var pairs = sprites.pairs(4 * n, 1, lab.rng(3));
        WeakSupervision.pairs(models.get(2), trainer.withEpochs(Math.max(1, epochs / 4)), sprites.pictures(pairs.first()).reshape(-1, 256),
                sprites.pictures(pairs.second()).reshape(-1, 256), 0, lab.rng(2)).finish(lab.progress());

        var rows = new ArrayList<List<?>>();
        var maps = new Plot[3];
        var rates = new Series[3];
        double[] total = new double[3], cost = new double[3];
        for (int m = 0; m < 3; m++) {
            var seen = models.get(m).evaluate(x, lab.rng(4));
            var score = new Disentanglement(models.get(m).encode(x), all);
            var dci = score.dci(Disentanglement.lasso(0.01));
            double[] sorted = seen.rates();
            Arrays.sort(sorted);
            rates[m] = Series.of(MODELS[m], Tensor.of(sorted).flip(0).toDoubleArray());
            total[m] = seen.rate();
            cost[m] = -seen.logLikelihood();
            rows.add(List.of(MODELS[m], total[m], cost[m], seen.active(0.01), score.mig(20), dci.disentanglement(), score.sap()));
            var importances = new double[CODE][];
            for (int j = 0; j < CODE; j++) importances[j] = Arrays.copyOf(dci.importances()[j], 3);
            maps[m] = Figure.heatmap(MODELS[m], importances, Figure.numbered(1, CODE), FACTORS).axes("factor", "number of the code");
        }
        lab.table("Three models of the same squares",
                List.of("model", "divergence (nats)", "cost of pictures (nats)", "numbers in use", "MIG", "DCI", "SAP"), rows);
        for (int m = 0; m < 2; m++)
            lab.figure(Figure.images("Each number of the code from -2 to 2, " + MODELS[m], 7, strips(models.get(m), x)).pixels(0, 1)
                    .describedAs("A row for a number of the code, the others held: idle numbers change nothing."));
        lab.figure(Figure.bars("Divergence of each number of the code", Figure.numbered(1, CODE), rates)
                .axes("number, by falling divergence", "nats").describedAs("A higher toll leaves fewer numbers in use."));
        lab.figure(Figure.row("How much each number matters for each factor", maps)
                .describedAs("Absolute lasso coefficients: pairs that share factors give rows and columns of one bright field."));

        // Turned codes with a decoder turned back: the same pictures, and other axes.
        var weak = models.get(2);
        var turned = Disentanglement.rotated(weak, Svd.of(Tensor.randn(lab.rng(5), CODE, CODE)).u());
        double apart = turned.reconstruct(x).sub(weak.reconstruct(x)).abs().max().item(),
                before = new Disentanglement(weak.encode(x), all).mig(20), after = new Disentanglement(turned.encode(x), all).mig(20);
        lab.say("Turned, the code makes the same pictures (off by %.1e), and its MIG goes from %.3f to %.3f.", apart, before, after);
        lab.shows("disentangled-representation", "largest change of a pixel by the rotation", apart, below(1e-3));
        lab.shows("beta-vae", "nats less of code by the toll", total[0] - total[1], above(toll > 2 ? 0 : -1));
        lab.shows("beta-vae", "nats more of pictures' cost", cost[1] - cost[0], above(toll > 2 && steps >= 200 ? 0 : -100));
    }

    private static List<Image> strips(Vae vae, Tensor x) {
        var space = new LatentSpace(vae);
        var z = space.encode(x.narrow(0, x.size(0) / 2, 1));
        var images = new ArrayList<Image>();
        for (int j = 0; j < CODE; j++) {
            var strip = space.traverse(z, j, -2, -1.3, -0.7, 0, 0.7, 1.3, 2);
            for (int i = 0; i < 7; i++) images.add(Image.gray("", 16, strip.get(i).clamp(0.0, 1.0)));
        }
        return images;
    }
}
