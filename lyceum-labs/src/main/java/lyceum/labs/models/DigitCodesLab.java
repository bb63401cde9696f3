package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.decomposition.Pca;
import lyceum.models.generative.Autoencoder;
import lyceum.models.generative.AutoencoderConfig;
import lyceum.models.generative.GenerativeMetrics;
import lyceum.models.generative.LatentModel;
import lyceum.models.generative.LatentSpace;
import lyceum.models.generative.Vae;
import lyceum.models.generative.VaeConfig;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Handwritten digits through narrow codes: what comes back, what lies between, and what a prior on the codes changes. */
@Lab(topics = {"vae", "autoencoders", "latent-space"}, title = "Digits through a keyhole")
final class DigitCodesLab implements LabBody {
    private static final int SIDE = 8, GRID = 8;

    @Override public void run(LabContext lab) {
        int epochs = lab.param("epochs", 8, 1, 200), width = lab.param("hidden units", 64, 8, 256),
                first = lab.param("from digit", 1, 0, 9), second = lab.param("to digit", 7, 0, 9);
        double t = lab.param("part of the way", 0.5, 0.0, 1.0);
        var digits = Datasets.digits();
        var all = digits.x().to(DType.F32).reshape(-1, SIDE * SIDE).div(16).compute();
        Tensor train = all.narrow(0, 0, 1400), test = all.narrow(0, 1400, 397);
        var trainer = new Trainer(new Adam(8e-3), epochs).withBatchSize(64);

        // Codes of three sizes, and as many principal components.
        var shown = test.narrow(0, 0, 8);
        var pictures = row("the digit", shown);
        var rows = new ArrayList<List<?>>();
        LatentModel flat = null;
        double[] errors = new double[3];
        int[] sizes = {2, 8, 32};
        for (int i = 0; i < 3; i++) {
            var model = Autoencoder.dense(SIDE * SIDE, List.of(width), sizes[i], new AutoencoderConfig(), lab.rng(1));
            model.fit(trainer, train, null, lab.rng(2), lab.progress());
            errors[i] = model.errors(test).mean().item();
            var pca = new Pca(sizes[i]).fit(train);
            rows.add(List.of(sizes[i], errors[i], pca.inverse(pca.transform(test)).sub(test).square().sum(1).mean().item()));
            pictures.addAll(row(sizes[i] + " numbers", model.reconstruct(shown)));
            if (i == 0) flat = model;
        }
        lab.figure(Figure.images("Digits that were not learned, and what comes back", 8, pictures).pixels(0, 1)
                .describedAs("The first row are digits, the others what codes of 2, 8 and 32 numbers keep of them."));
        lab.table("Squared error of a digit", List.of("numbers of the code", "autoencoder", "as many principal components"), rows);

        // The same two numbers with a prior: the bound by epoch, and the plane that it fills.
        var vae = Vae.dense(SIDE * SIDE, List.of(width), new VaeConfig(2), lab.rng(3));
        double[] costs = new double[epochs], rates = new double[epochs];
        vae.fit(trainer.withListener((run, epoch) -> {
            var now = vae.evaluate(test, lab.rng(4));
            costs[epoch.number()] = -now.logLikelihood();
            rates[epoch.number()] = now.rate();
        }), train, null, lab.rng(5), lab.progress());
        var sums = Tensor.of(costs).add(Tensor.of(rates));
        lab.figure(Figure.plot("What the bound is made of").line("reconstruction", 1, costs).line("divergence of the code", 1, rates)
                .line("minus the bound", 1, sums).axes("epoch", "nats a digit")
                .describedAs("On digits that were not learned: the code costs more while reconstructions get cheaper."));
        lab.figure(
                Figure.row("Two planes of codes", plane("with a normal prior", vae, train), plane("without one", flat, train)).describedAs(
                        "Decoded from even steps over the middle nine tenths of either number; the prior packs the digits without holes."));

        // Between two digits in codes and in pixels.
        Tensor a = digit(all, digits.labels(), first), b = digit(all, digits.labels(), second);
        var space = new LatentSpace(vae);
        var walk = row("in codes", space.interpolate(a, b, 8));
        for (int i = 0; i < 8; i++) walk.add(picture("in pixels", a.lerp(b, i / 7.0), 0));
        lab.figure(Figure.images("From one digit to another", 8, walk).pixels(0, 1).describedAs(
                "Above by steps between the codes: every picture is of one digit. Below by mixing pixels: two digits at once."));
        lab.figure(Figure.images("Part of the way", 2, picture("in codes", space.blend(a, b, t), 0), picture("in pixels", a.lerp(b, t), 0))
                .pixels(0, 1).describedAs("Both ways after the chosen part."));
        var smooth = space.smoothness(space.encode(a), space.encode(b), 20, LatentSpace.Way.STRAIGHT);
        lab.say("In codes the way is %.2f times as long as the straight one; its largest step is %.1f times the mean.", smooth.detour(),
                smooth.jump());
        lab.shows("autoencoders", "error with 32 numbers over that with 2", errors[2] / errors[0], below(epochs < 5 ? 1 : 0.6));
        lab.shows("vae", "nats that the last epoch's bound is better than the first's", sums.item(0) - sums.item(epochs - 1),
                above(epochs < 5 ? -1 : 0));
        Tensor some = test.narrow(0, 0, 198), others = test.narrow(0, 198, 198);
        double codes = apart(space.blend(some, others, 0.5), train), pixels = apart(some.lerp(others, 0.5), train);
        lab.shows("latent-space", "how far half-way digits are from real ones, in codes over in pixels", codes / pixels, below(1));
    }

    private static double apart(Tensor x, Tensor real) { return Tensor.of(GenerativeMetrics.nearest(x, real)).mean().item(); }

    private static Image picture(String caption, Tensor x, int row) {
        return Image.gray(caption, SIDE, x.detach().get(row).clamp(0.0, 1.0));
    }

    private static ArrayList<Image> row(String caption, Tensor x) {
        var images = new ArrayList<Image>();
        for (int i = 0; i < x.size(0); i++) images.add(picture(caption, x, i));
        return images;
    }

    private static Tensor digit(Tensor all, int[] labels, int wanted) {
        int row = 0;
        while (labels[row] != wanted) row++;
        return all.narrow(0, row, 1);
    }

    private static Plot plane(String title, LatentModel model, Tensor x) {
        double[][] columns = model.encode(x).transpose().toRows();
        var images = new ArrayList<Image>();
        for (double[] c : columns) Arrays.sort(c);
        int n = columns[0].length;
        for (int i = 0; i < GRID * GRID; i++) {
            double[] z = new double[2];
            for (int j = 0; j < 2; j++) {
                double low = columns[j][n / 20], high = columns[j][n - 1 - n / 20], part = (j == 0 ? i % GRID : i / GRID) / (GRID - 1.0);
                z[j] = low + (high - low) * part;
            }
            images.add(picture("", model.decode(Tensor.of(z, 1, 2).to(DType.F32)), 0));
        }
        return Figure.images(title, GRID, images).pixels(0, 1);
    }
}
