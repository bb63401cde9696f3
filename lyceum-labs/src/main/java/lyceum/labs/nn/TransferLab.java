package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.FineTuner;
import lyceum.train.Trainer;
import lyceum.train.TransferLearning;

/** A network that knows clean digits meets pale and noisy ones: kept as features, tuned, or forgotten; and sources that help, idle or harm. */
@Lab(topics = {"transfer-learning", "fine-tuning"}, title = "What an old network is worth")
final class TransferLab implements LabBody {
    @Override public void run(LabContext lab) {
        int labels = lab.param("labels a class", 3, 2, 10), epochs = lab.param("epochs", 15, 5, 60);
        double decay = lab.param("rate decay a layer", 0.5, 0.1, 1.0);
        Dataset old = digits(d -> d, 0, 900, false), test = digits(d -> d, 900, 400, true);
        var source = network(lab.rng(1));
        new Trainer(new Adam(5e-3), 10).fit(source, Loss::crossEntropy, old, lab.rng(2));
        curves(lab, source, test, labels, epochs, decay);
        sources(lab, source, test, labels);
    }

    private static void curves(LabContext lab, Sequential source, Dataset test, int labels, int epochs, double decay) {
        double[] counts = {labels, 2 * labels, 4 * labels}, scratch = new double[3], tuned = new double[3], gradual = new double[3];
        Figure last = null;
        for (int i = 0; i < 3; i++) {
            var few = few((int) counts[i]);
            var trainer = new Trainer(new Adam(3e-3), epochs).withBatchSize(10);
            var fresh = network(lab.rng(3));
            var a = FineTuner.full(trainer).fit(fresh, Loss::crossEntropy, few, test, lab.rng(4), lab.progress());
            var model = FineTuner.withHead(Module.copy(source), 10);
            var b = FineTuner.full(trainer).fit(model, Loss::crossEntropy, few, test, lab.rng(4), lab.progress());
            var slow = FineTuner.withHead(Module.copy(source), 10);
            new FineTuner(trainer, List.of("0.*", "2.*", "4.*")).withDecay(decay).withPolicy(FineTuner.Policy.GRADUAL).fit(slow,
                    Loss::crossEntropy, few, test, lab.rng(4), lab.progress());
            scratch[i] = TransferLearning.accuracy(fresh, test);
            tuned[i] = TransferLearning.accuracy(model, test);
            gradual[i] = TransferLearning.accuracy(slow, test);
            if (i == 0) last = Figure.plot("Held-out loss with " + labels + " labels a class").line("from scratch", 1, a.validations())
                    .line("fine-tuned", 1, b.validations()).axes("epoch", "cross-entropy")
                    .describedAs("The old network begins where the fresh one is after many epochs, if it gets there.");
        }
        lab.figure(last);
        lab.figure(Figure.plot("Accuracy on pale digits").line("from scratch", counts, scratch).line("fine-tuned", counts, tuned)
                .line("gradually, lower layers slower", counts, gradual).axes("labels a class", "accuracy")
                .describedAs("The fewer the labels, the more an old network is worth."));
        lab.shows("fine-tuning", "accuracy tuned less from scratch, fewest labels", tuned[0] - scratch[0], above(0));
        var rates = new FineTuner(new Trainer(new Adam(3e-3), 1), List.of("0.*", "2.*", "4.*")).withDecay(decay).rates(source);
        lab.shows("fine-tuning", "rate of the lowest layer over the head's, less decay^2",
                rates.get("0.weight") / rates.get("4.weight") - decay * decay, below(1e-12));
    }

    private static void sources(LabContext lab, Sequential good, Dataset test, int labels) {
        var few = few(2 * labels);
        var rng = lab.rng(5);
        Sequential useless = network(lab.rng(6)), harmful = network(lab.rng(7));
        new Trainer(new Adam(5e-3), 10).fit(useless, Loss::crossEntropy, digits(d -> rng.nextInt(10), 0, 900, false), lab.rng(8));
        var blank = digits(d -> d, 0, 900, false);
        var half = Tensor.concat(1, blank.x().narrow(1, 0, 16), Tensor.zeros(blank.size(), 48)).compute();
        new Trainer(new Adam(5e-3), 10).fit(harmful, Loss::crossEntropy,
                new Dataset(half, blank.y(), List.of(), blank.classNames(), "the top alone"), lab.rng(9));
        var learner = new TransferLearning(new Trainer(new Adam(0.03), 30), new Trainer(new Adam(3e-3), 15), 3);
        String[] names = {"good", "random labels", "saw the top alone"};
        List<Sequential> all = List.of(good, useless, harmful);
        double[] second = new double[3], fourth = new double[3];
        var rows = new ArrayList<List<Object>>();
        for (int i = 0; i < 3; i++) {
            second[i] = TransferLearning.accuracy(learner.fit(all.get(i), 2, few, lab.rng(10)), test);
            fourth[i] = TransferLearning.accuracy(learner.fit(all.get(i), 4, few, lab.rng(10)), test);
            var verdict = learner.check(all.get(i), 4, TransferLab::network, few, lab.rng(11));
            rows.add(List.of(names[i], learner.cuts(all.get(i), few).getFirst().layers(), verdict.transfer(), verdict.scratch(),
                    verdict.isNegative() ? "harms" : "helps"));
        }
        lab.figure(Figure
                .bars("A linear head on frozen features", names, Series.of("cut after the first layer", second),
                        Series.of("cut before the head", fourth))
                .axes("source", "accuracy").describedAs("Low layers serve anyone; high ones serve who learned something like the target."));
        lab.table("Judged on the labelled digits alone", List.of("source", "best cut by LogME", "head on it", "fresh network", "verdict"),
                rows);
        lab.shows("transfer-learning", "good source's accuracy less the random one's", fourth[0] - fourth[1], above(0));
    }

    private static Sequential network(Rng rng) {
        return new Sequential(new Linear(64, 48, rng), Activation.TANH, new Linear(48, 16, rng), Activation.TANH, new Linear(16, 10, rng));
    }

    private static Dataset few(int each) {
        var all = digits(d -> d, 1300, 497, true);
        var seen = new int[10];
        var labels = all.labels();
        var rows = new ArrayList<Integer>();
        for (int i = 0; i < labels.length; i++) if (seen[labels[i]]++ < each) rows.add(i);
        int[] numbers = rows.stream().mapToInt(Integer::intValue).toArray();
        return new Dataset(all.x().rows(numbers).compute(), all.y().rows(numbers).compute(), List.of(), all.classNames(), "a few digits");
    }

    private static Dataset digits(IntUnaryOperator label, int from, int count, boolean pale) {
        var part = Datasets.digits().range(from, from + count);
        var x = part.x().to(DType.F32).div(16);
        if (pale) x = x.mul(0.5).add(Tensor.randn(Rng.of(from), DType.F32, count, 64).mul(0.15));
        return new Dataset(x.compute(), Tensor.of(Arrays.stream(part.labels()).map(label).asLongStream().toArray()), List.of(),
                part.classNames(), "digits");
    }
}
