package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Layer;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;
import lyceum.train.robust.AdversarialRobustness;
import lyceum.train.robust.AdversarialTraining;
import lyceum.train.robust.Pgd;
import lyceum.train.robust.RandomizedSmoothing;
import lyceum.train.robust.ThreatModel;

/** Digits that a few grey levels turn into others, training against it, and a defence that only hides its gradient. */
@Lab(topics = "adversarial-robustness", title = "A few grey levels")
final class AdversarialLab implements LabBody {
    @Override public void run(LabContext lab) {
        double epsilon = lab.param("largest change of a pixel", 0.15, 0.02, 0.5);
        int epochs = lab.param("epochs", 10, 2, 40), steps = lab.param("steps of an attack", 10, 2, 40),
                levels = lab.param("grey levels of the defence", 4, 2, 16);

        var digits = Datasets.digits().scaled(1 / 16.0).to(DType.F32).shuffled(lab.rng(1));
        Dataset train = digits.range(0, 900), test = digits.range(900, 1_100);
        var threat = ThreatModel.linf(epsilon).within(0, 1);
        var trainer = new Trainer(new Adam(5e-3), epochs).withBatchSize(50);
        Mlp plain = network(lab.rng(2)), hard = network(lab.rng(2));
        trainer.fit(plain, Loss::crossEntropy, train, null, lab.rng(3), lab.progress());
        trainer.start(hard, train.size(), AdversarialTraining.of(hard, train, new Pgd(threat, 5)), null, lab.rng(3)).finish(lab.progress());

        var attack = new Pgd(threat, steps);
        Tensor x = test.x().narrow(0, 0, 8), y = test.y().narrow(0, 0, 8), fooling = attack.perturb(plain, x, y, lab.rng(4)),
                other = attack.perturb(hard, x, y, lab.rng(4));
        var pictures = new ArrayList<Image>();
        for (var part : List.of(x, fooling, other))
            for (int i = 0; i < 8; i++) pictures.add(Image.gray("" + y.itemLong(i), part.select(0, i).reshape(8, 8)));
        lab.figure(Figure.images("Digits, and what the attack made of them", 8, pictures).pixels(0, 1)
                .describedAs("Above the digits, then what fools the plain network, then the attack on the trained one."));
        lab.say("The plain network reads %s as %s.", text(y), text(plain.forward(fooling).argmax(1)));

        double[] sizes = {0, epsilon / 4, epsilon / 2, epsilon, 1.5 * epsilon}, open = new double[5], trained = new double[5];
        for (int i : lab.progress("sizes", sizes.length)) {
            var at = new Pgd(threat.withEpsilon(sizes[i]), steps);
            open[i] = accuracy(plain, test, at, lab.rng(5));
            trained[i] = accuracy(hard, test, at, lab.rng(5));
        }
        lab.figure(Figure.plot("Accuracy under attack").line("plain training", sizes, open)
                .line("trained on attacked digits", sizes, trained).axes("largest change of a pixel", "accuracy")
                .describedAs("The plain network falls at once; training on attacked digits costs a little and holds much longer."));

        Layer quantised = (z, pass) -> plain.forward(z.mul((double) levels).round().div((double) levels), pass);
        var judge = new AdversarialRobustness(threat).withSteps(steps).withQueries(100);
        var rows = new ArrayList<List<Object>>();
        int masked = 0;
        String[] names = {"plain", "trained", "plain behind few grey levels"};
        List<Layer> models = List.of(plain, hard, quantised);
        for (int i = 0; i < 3; i++) {
            var report = judge.evaluate(models.get(i), test, lab.rng(6));
            rows.add(List.of(names[i], report.clean(), report.accuracy().get("pgd"), report.accuracy().get("square"), report.worst(),
                    report.isMasked() ? report.masking().getFirst() : "none"));
            if (report.isMasked()) masked += 1 << i;
        }
        lab.table("Judged by six attacks", List.of("network", "clean", "PGD", "Square", "worst of all", "sign of hidden gradients"), rows);
        var certificate = new RandomizedSmoothing(hard, 0.15).withCounting(2_000).certify(x.select(0, 0), lab.rng(7));
        lab.say("Smoothed with noise of 0.15, the trained network is certified to read the first digit as %d within a radius of %.2f.",
                certificate.label(), certificate.radius());
        lab.shows("accuracy at this size, trained less plain", trained[3] - open[3], above(0.1));
        lab.shows("which are flagged, as bits: the third alone", masked, exactly(4));
    }

    private static Mlp network(Rng rng) { return new Mlp(MlpConfig.classifier(64, 10, 48), rng); }

    private static double accuracy(Mlp model, Dataset test, Pgd attack, Rng rng) {
        var fooling = attack.perturb(model, test.x(), test.y(), rng);
        return model.forward(fooling).argmax(1).eq(test.y()).to(DType.F64).mean().item();
    }

    private static String text(Tensor labels) {
        var text = new StringBuilder();
        for (long label : labels.toLongArray()) text.append(label).append(' ');
        return text.toString().strip();
    }
}
