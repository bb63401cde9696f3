package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Optimizer;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Vectors of categories move into groups; then one table serves a small language model at both ends. */
@Lab(topics = {"embedding-layer", "weight-tying"}, title = "A row for each word, used twice")
final class EmbeddingLab implements LabBody {

    @Override public void run(LabContext lab) {
        int categories = lab.param("categories", 60, 10, 400), groups = lab.param("groups", 4, 2, 8),
                steps = lab.param("steps", 120, 10, 1000);
        groups(lab, categories, groups, steps);
        tying(lab, steps);
    }

    private static void groups(LabContext lab, int categories, int groups, int steps) {
        var embedding = new Embedding(categories, 2, lab.rng(1));
        var net = new Sequential(embedding, new Linear(2, groups, lab.rng(2)));
        var hidden = new int[categories];
        for (int i = 0; i < categories; i++) hidden[i] = i % groups;
        var optimizer = new Optimizer(List.of(new Optimizer.Group(new Adam(0.08), net.parameters())));
        var frames = new ArrayList<Plot>();
        double first = 0, last = 0;
        for (int step : lab.progress("steps", steps)) {
            if (step % Math.max(1, steps / 6) == 0) frames.add(scatter(embedding, hidden, step));
            optimizer.zeroGrad();
            var loss = Loss.crossEntropy(net.forward(Tensor.arange(categories)), Tensor.of(hidden));
            if (step == 0) first = loss.item();
            last = loss.item();
            loss.backward();
            optimizer.step();
        }
        frames.add(scatter(embedding, hidden, steps));
        lab.figure(Figure.frames("Categories find their groups", "time", frames).describedAs(
                "The two numbers of each category's row, coloured by its hidden group, while the network learns to name the group."));
        lab.shows("embedding-layer", "loss at the end over the loss at the start", last / first, below(0.9));
        var bag = embedding.bag(Embedding.Bag.MEAN, Tensor.of(new int[] {0, 1, 2, 3}, 2, 2), null, Pass.inference());
        lab.shows("embedding-layer", "a bag's mean from the mean of its rows",
                bag.get(0).sub(embedding.weight().detach().rows(0, 1).mean(0)).abs().max().item(), below(1e-6));
        lab.shows("embedding-layer", "change of old rows by growing", embedding.grown(categories + 5, lab.rng(3)).weight().detach()
                .narrow(0, 0, categories).sub(embedding.weight().detach()).abs().max().item(), exactly(0));
    }

    private static Plot scatter(Embedding embedding, int[] hidden, int step) {
        var names = new String[Arrays.stream(hidden).max().getAsInt() + 1];
        for (int i = 0; i < names.length; i++) names[i] = "group " + (i + 1);
        return Figure.scatter("After " + step + " steps", embedding.weight().detach(), hidden, names).axes("first number", "second number");
    }

    private static void tying(LabContext lab, int steps) {
        var text = "the cat sat on the mat and the dog sat on the log and the cat saw the dog and the dog saw the cat on the mat "
                .repeat(4);
        var letters = text.chars().distinct().sorted().toArray();
        var ids = new long[text.length()];
        for (int i = 0; i < ids.length; i++) ids[i] = Arrays.binarySearch(letters, text.charAt(i));
        var x = Tensor.of(Arrays.copyOf(ids, ids.length - 1));
        var y = Tensor.of(Arrays.copyOfRange(ids, 1, ids.length));
        var plot = Figure.plot("One table or two");
        var counts = new long[2];
        for (int way = 0; way < 2; way++) {
            int width = 12;
            var table = new Embedding(new EmbeddingConfig(letters.length, width).withInit(Init.normal(0.1)), lab.rng(4));
            Layer head = way == 0 ? new Linear(width, letters.length, false, DType.F32, Init.normal(0.1), lab.rng(5)) : table.tiedHead();
            var net = new Sequential(table, new Linear(width, width, lab.rng(6)), Activation.TANH, head);
            counts[way] = net.parameterCount();
            var optimizer = new Optimizer(List.of(new Optimizer.Group(new Adam(0.02), net.parameters())));
            var perplexity = new double[steps];
            for (int step = 0; step < steps; step++) {
                optimizer.zeroGrad();
                var loss = Loss.crossEntropy(net.forward(x), y);
                perplexity[step] = Math.exp(loss.item());
                loss.backward();
                optimizer.step();
            }
            plot = plot.line(way == 0 ? "untied" : "tied", 0, perplexity);
        }
        lab.figure(plot.axes("step", "perplexity of the next letter").describedAs(
                "Perplexity while a model of letters learns, with a head of its own and with the embedding's table as its head."));
        lab.say("Untied the model has %d parameters, tied %d.", counts[0], counts[1]);
        lab.shows("weight-tying", "parameters saved beyond letters times width", counts[0] - counts[1] - 12.0 * letters.length, exactly(0));
        lab.shows("weight-tying", "parameters left", counts[1], above(0));
    }
}
