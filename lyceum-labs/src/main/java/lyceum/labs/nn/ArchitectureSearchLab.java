package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.Correlation;
import lyceum.train.Trainer;
import lyceum.train.search.ArchitectureSearch;
import lyceum.train.search.ArchitectureSearch.Budget;
import lyceum.train.search.ArchitectureSearch.Evolution;
import lyceum.train.search.ArchitectureSearch.Exhaustive;
import lyceum.train.search.ArchitectureSearch.RandomSampling;
import lyceum.train.search.Darts;
import lyceum.train.search.Evaluator;
import lyceum.train.search.NetworkSpace;
import lyceum.train.search.NetworkSpace.Candidate;
import lyceum.train.search.NetworkSpace.Choice;
import lyceum.train.search.SearchOutcome;
import lyceum.train.search.SuperNet;
import lyceum.train.search.ZeroCostProxy;

/** A space small enough to train all of it: what cheaper searches find of its best network, and for how much. */
@Lab(topics = "nas", title = "Every network there is")
final class ArchitectureSearchLab implements LabBody {
    private static final int WIDTH = 8;

    @Override public void run(LabContext lab) {
        int rows = lab.param("training rows", 500, 100, 1000), epochs = lab.param("epochs", 6, 2, 30);
        int budget = lab.param("trials of a search", 8, 4, 27);
        var digits = Datasets.digits().shuffled(lab.rng(1)).to(DType.F32).scaled(1 / 16.0);
        Dataset train = digits.head(rows), validation = digits.range(rows, rows + 200), test = digits.range(1300, digits.size());
        var operations = List.of(Candidate.identity(), new Candidate("conv 1", r -> convolution(WIDTH, 1, 1, r)),
                new Candidate("conv 3", r -> convolution(WIDTH, 3, 1, r)));
        var space = new NetworkSpace(r -> new Sequential(Layer.of(x -> x.reshape(x.size(0), 1, 8, 8)), convolution(1, 3, 2, r)),
                List.of(new Choice(0, 1, operations), new Choice(0, 2, operations), new Choice(1, 2, operations)),
                r -> new Sequential(Layer.of(x -> x.reshape(x.size(0), WIDTH, 16).mean(2)), new Linear(WIDTH, 10, r)));
        var trainer = new Trainer(new Adam(1e-2), epochs).withBatchSize(50);
        var training = Evaluator.training(space, trainer, Loss::crossEntropy, train, Evaluator.accuracy(test));

        var all = new ArchitectureSearch(space, new Exhaustive(), Budget.trials(27)).search(training, lab.rng(2), Progress.SILENT);
        double[] truth = all.trials().stream().mapToDouble(t -> 100 * t.score()).toArray(), sorted = truth.clone();
        Arrays.sort(sorted);
        var costs = Figure.plot("The best so far").line("all 27, sorted", spent(all), sorted).logX().axes("operations",
                "test digits right (%)");
        for (var method : List.of(new RandomSampling(), new Evolution(4, 3))) {
            var found = new ArchitectureSearch(space, method, Budget.trials(budget)).search(training, lab.rng(3), Progress.SILENT);
            costs = costs.line(method.getClass().getSimpleName(), spent(found),
                    Arrays.stream(found.bestSoFar()).map(s -> 100 * s).toArray());
        }

        var net = new SuperNet(space, lab.rng(4));
        net.fit(trainer.withEpochs(5 * epochs), Loss::crossEntropy, train, lab.rng(5), Progress.SILENT);
        double[] shared = scores(space, Evaluator.sharing(net, Evaluator.accuracy(validation), validation.x()), lab.rng(6));
        double[] flow = scores(space, Evaluator.proxy(space, ZeroCostProxy.SYNFLOW, Loss::crossEntropy, train.head(1)), lab.rng(7));
        var darts = new Darts(2 * epochs).withBatchSize(50).withWeights(new Sgd(0.1).withMomentum(0.9))
                .withArchitecture(new Adam(0.03).withBetas(0.5, 0.999))
                .search(space, Loss::crossEntropy, train, validation, lab.rng(8), Progress.SILENT);
        double reached = truth[space.all().indexOf(darts.choice())];
        costs = costs.points("DARTS", new double[] {darts.cost().operations()}, new double[] {reached});
        lab.say("The best of 27 networks is %s; DARTS chose %s.", space.describe(all.choice()), space.describe(darts.choice()));
        lab.figure(costs.describedAs(
                "All networks, worst to best, and what each search had found by then: DARTS pays once, for the mixture of all."));
        lab.figure(Figure.plot("Ranked without training of their own").points("shared weights", shared, truth)
                .axes("validation digits right with shared weights", "test digits right, trained (%)")
                .describedAs("Shared weights score lower than training does, and order the networks much alike."));
        lab.shows("points between the best and the worst network", sorted[26] - sorted[0], atLeast(5));
        lab.shows("Spearman of shared weights and training", Correlation.spearman(shared, truth).statistic(), atLeast(0.3));
        lab.shows("Spearman of synaptic flow and training", Correlation.spearman(flow, truth).statistic(), atLeast(0.3));
        lab.shows("points of DARTS's choice over the median network", reached - sorted[13], above(0));
    }

    private static Layer convolution(int inputs, int kernel, int stride, Rng rng) {
        var how = new Convolution().withPadding(kernel / 2).withStride(stride);
        return new Sequential(new Conv2d(inputs, WIDTH, new int[] {kernel}, how, true, DType.F32, Init.heNormal(), rng), Activation.RELU);
    }

    private static double[] spent(SearchOutcome outcome) { return outcome.trials().stream().mapToDouble(t -> t.operations()).toArray(); }

    private static double[] scores(NetworkSpace space, Evaluator evaluator, Rng rng) {
        return space.all().stream().mapToDouble(a -> evaluator.evaluate(a, rng).score()).toArray();
    }
}
