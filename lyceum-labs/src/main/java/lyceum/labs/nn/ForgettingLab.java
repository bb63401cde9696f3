package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.train.continual.AdditionFacts;
import lyceum.train.continual.ForgettingProbe;
import lyceum.train.continual.Interference;

/** The experiment of 1989: a network learns the ones table, then the twos table, and the ones are gone. */
@Lab(topics = "catastrophic-forgetting", title = "Seventeen sums, gone in a few epochs")
final class ForgettingLab implements LabBody {
    @Override public void run(LabContext lab) {
        int width = lab.param("units of a number's code", 3, 1, 9);
        int hidden = lab.param("hidden units", 50, 10, 200);
        double rehearsal = lab.param("share of the ones rehearsed", 0.3, 0.0, 1.0);
        double rate = lab.param("learning rate", 0.01, 0.002, 0.05);
        var facts = new AdditionFacts(width);
        var tasks = List.of(facts.of(1), facts.of(2));
        var config = MlpConfig.regressor(facts.inputs(), facts.outputs(), hidden).withActivation(Activation.SIGMOID).withDtype(DType.F64);
        var probe = new ForgettingProbe().withRule(new Adam(rate)).withEpochs(600);
        var network = new Mlp(config, lab.rng(1));

        // One table to the end, and what a step on the other would do to it.
        var ones = probe.measure(network, tasks.subList(0, 1), lab.rng(2), lab.progress());
        var between = Interference.of(network, m -> loss(m, tasks.get(0)), m -> loss(m, tasks.get(1)));
        lab.say("The ones are learned after %.0f epochs. There the two tables' gradients have a cosine of %.2f; the twos' is %.0f times as long.",
                ones.epochs()[ones.curve().size() - 1], between.cosine(), between.normB() / between.normA());

        var alone = probe.measure(new Mlp(config, lab.rng(1)), tasks, lab.rng(2), lab.progress());
        var partly = probe.withRehearsal(rehearsal).measure(new Mlp(config, lab.rng(1)), tasks, lab.rng(2), lab.progress());
        var mixed = probe.withRehearsal(1).measure(new Mlp(config, lab.rng(1)), tasks, lab.rng(2), lab.progress());
        lab.figure(Figure.line("Ones and twos, one table after the other", alone.epochs(), alone.scores(0)).named("ones")
                .line("twos", alone.epochs(), alone.scores(1)).axes("epoch", "share of facts right").describedAs(
                        "The ones rise to one; as soon as training turns to the twos they fall within a few epochs, before the twos are learned."));
        lab.figure(Figure.line("What becomes of the ones", second(alone), ones(alone)).named("twos alone")
                .line("some ones rehearsed", second(partly), ones(partly)).line("interleaved", second(mixed), ones(mixed))
                .axes("epoch after the turn", "share of ones right").describedAs(
                        "Ones that are right while the twos are learned: without rehearsal they go, interleaved they stay, with a few rehearsed in between."));

        var curve = new double[5];
        var widths = new double[5];
        for (int w : lab.progress("codes", 5)) {
            var coded = new AdditionFacts(w + 1);
            var other = new Mlp(
                    MlpConfig.regressor(coded.inputs(), coded.outputs(), hidden).withActivation(Activation.SIGMOID).withDtype(DType.F64),
                    lab.rng(3));
            var seen = probe.withEpochs(150).measure(other, List.of(coded.of(1), coded.of(2)), lab.rng(4), Progress.SILENT);
            widths[w] = w + 1;
            curve[w] = halfLife(seen);
        }
        lab.figure(Figure.line("Overlap of codes", widths, curve).axes("units of a number's code", "epochs until half the ones are gone")
                .describedAs("Where numbers share no units the ones last longer; with shared units they go at once. They go in any case."));
        lab.shows("ones right when learned", alone.matrix().of(0, 0), atLeast(0.99));
        lab.shows("ones right after the twos", alone.matrix().of(1, 0), atMost(0.30));
        lab.shows("ones right after interleaved training", mixed.matrix().of(1, 0), atLeast(0.95));
    }

    private static Tensor loss(Mlp network, Dataset facts) { return Loss.bce(network.forward(facts.x()), facts.y()); }

    private static double[] second(ForgettingProbe.Report report) {
        return report.curve().stream().filter(p -> p.task() == 1).mapToDouble(ForgettingProbe.Point::epoch).toArray();
    }

    private static double[] ones(ForgettingProbe.Report report) {
        return report.curve().stream().filter(p -> p.task() == 1).mapToDouble(p -> p.scores()[0]).toArray();
    }

    private static double halfLife(ForgettingProbe.Report report) {
        return report.curve().stream().filter(p -> p.task() == 1 && p.scores()[0] <= 0.5).mapToInt(ForgettingProbe.Point::epoch).findFirst()
                .orElse(0);
    }
}
