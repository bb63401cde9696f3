package lyceum.labs.nn.compress;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;
import lyceum.train.compress.BreakEven;
import lyceum.train.compress.LotteryTicket;
import lyceum.train.compress.Pruner;
import lyceum.train.compress.Score;
import lyceum.train.compress.StructuredPruner;

/** Weights, channels and tickets taken out of one network for digits: what each costs in accuracy, and what it saves. */
@Lab(topics = {"pruning", "unstructured-pruning", "structured-pruning", "lottery-ticket"}, title = "What can go")
final class PruningLab implements LabBody {
    @Override public void run(LabContext lab) {
        int hidden = lab.param("hidden units", 64, 16, 256), epochs = lab.param("epochs", 10, 3, 40),
                size = lab.param("matrix size", 256, 64, 1024);
        double ticketSparsity = lab.param("ticket sparsity", 0.8, 0.3, 0.97);
        var digits = Datasets.digits().shuffled(lab.rng(1)).to(DType.F32).scaled(1 / 16.0);
        Dataset train = digits.head(1200), test = digits.range(1200, digits.size());
        var model = new Mlp(MlpConfig.classifier(64, 10, hidden), lab.rng(2));
        var begun = Module.copy(model);
        var trainer = new Trainer(new Adam(3e-3), epochs).withBatchSize(100);
        trainer.fit(model, Loss::crossEntropy, train, lab.rng(3));

        double[] shares = {0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95};
        var scores = new LinkedHashMap<String, Score>();
        scores.put("magnitude", Score.magnitude());
        scores.put("gradient times weight", Score.gradientTimesWeight());
        scores.put("Taylor", Score.taylor());
        scores.put("movement", Score.movement(0.01));
        scores.put("OBD", Score.obd(4, lab.rng(4)));
        scores.put("random", (weights, losses) -> {
            var random = new LinkedHashMap<String, Tensor>();
            weights.forEach((name, w) -> random.put(name, Tensor.rand(lab.rng(5).split(random.size()), w.shape().toArray()).compute()));
            return random;
        });
        var figure = Figure.plot("Six scores, in one shot");
        for (var score : scores.entrySet()) {
            var right = new double[shares.length];
            for (int i = 0; i < shares.length; i++) {
                var cut = Module.copy(model);
                new Pruner(score.getValue(), shares[i]).masks(Pruner.weights(cut), Pruner.batches(cut, Loss::crossEntropy, train, 300))
                        .apply(cut);
                right[i] = accuracy(cut, test);
            }
            figure = figure.line(score.getKey(), shares, right);
        }
        lab.figure(figure.axes("share of weights removed", "test digits right (%)")
                .describedAs("Accuracy of the network after weights are removed by six scores, without training afterwards."));

        double whole = accuracy(model, test);
        var rows = new ArrayList<List<?>>();
        for (double share : new double[] {0.25, 0.5, 0.75}) {
            var plan = new StructuredPruner(share).plan(model);
            var small = plan.shrink(model);
            var masked = plan.masks(model).apply(Module.copy(model));
            lab.shows("structured-pruning", "small network less masked, " + share,
                    Autograd.noGrad(() -> small.forward(test.x()).sub(masked.forward(test.x())).abs().max().item()), atMost(1e-5));
            double cut = accuracy(small, test);
            trainer.withEpochs(3).fit(small, Loss::crossEntropy, train, lab.rng(6));
            rows.add(List.of(plan.widths().values().iterator().next(), small.parameterCount(), cut, accuracy(small, test)));
        }
        lab.table("Hidden units removed", List.of("width", "parameters", "right (%)", "right after tuning (%)"), rows);

        var report = BreakEven.measure(Tensor.randn(lab.rng(7), size, size).compute(), 9, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99);
        var zeros = report.stream().mapToDouble(BreakEven::sparsity).toArray();
        lab.figure(Figure.plot("Compressed rows against dense")
                .line("smaller", zeros, report.stream().mapToDouble(BreakEven::smaller).toArray())
                .line("faster", zeros, report.stream().mapToDouble(BreakEven::faster).toArray())
                .line("break-even", zeros, new double[] {1, 1, 1, 1, 1, 1}).logY().axes("share of zeros", "dense over sparse").describedAs(
                        "How many times smaller a matrix is in compressed rows, and how many times faster its product with a vector."));

        var search = new LotteryTicket(trainer, 1 - Math.pow(1 - ticketSparsity, 0.25), 4);
        var ticket = search.find(begun, Loss::crossEntropy, train, null, lab.rng(8), Progress.SILENT).getLast();
        Module winner = ticket.network(begun), control = ticket.reinitialised(new Mlp(model.config(), lab.rng(9))),
                shuffled = ticket.shuffled(lab.rng(10)).network(begun);
        search.train(winner, ticket.masks(), Loss::crossEntropy, train, null, lab.rng(11));
        search.train(control, ticket.masks(), Loss::crossEntropy, train, null, lab.rng(11));
        search.train(shuffled, ticket.shuffled(lab.rng(10)).masks(), Loss::crossEntropy, train, null, lab.rng(11));
        lab.table("A ticket and its controls", List.of("network", "weights", "right (%)"),
                List.of(List.of("dense", ticket.masks().count(), whole),
                        List.of("ticket", ticket.masks().keptCount(), accuracy(winner, test)),
                        List.of("same mask, other values", ticket.masks().keptCount(), accuracy(control, test)),
                        List.of("same values, shuffled mask", ticket.masks().keptCount(), accuracy(shuffled, test))));
        lab.shows("lottery-ticket", "points below the dense network", whole - accuracy(winner, test), below(10));
        var cut = Module.copy(model);
        var masks = Pruner.magnitude(0.9).withRounds(3).tune(cut, trainer.withEpochs(3), Loss::crossEntropy, train, lab.rng(12));
        lab.shows("pruning", "points lost at 90% with schedule and tuning", whole - accuracy(cut, test), below(8));
        lab.shows("unstructured-pruning", "bytes of the first layer in compressed rows over dense",
                masks.csr(cut, "layers.0.weight").bytes() / (4.0 * 64 * hidden), below(0.5));
    }

    private static double accuracy(Module model, Dataset data) {
        return 100 * Autograd.noGrad(() -> model.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item());
    }
}
