package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Sketch;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.optim.Adam;
import lyceum.optim.Lbfgs;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.plot.Plot;
import lyceum.progress.Progress;
import lyceum.train.MlpFit;

/** The same moons seen by networks of several widths and depths, and what the first layer of a reader of digits looks for. */
@Lab(topics = "multilayer-perceptron", title = "Width and depth bend the border")
final class MultilayerPerceptronLab implements LabBody {
    @Override public void run(LabContext lab) {
        double noise = lab.param("noise", 0.25, 0.0, 0.6);
        int units = lab.param("units", 24, 4, 64);
        int epochs = lab.param("epochs", 12, 1, 100);
        var activation = Activation.valueOf(lab.choice("activation", "TANH", "TANH", "RELU", "SIGMOID", "GELU"));
        var drawn = lab.drawing("digit", "8,6 22,6 13,26", 32);
        moons(lab, Datasets.moons(lab.rng(1), 160, noise), activation);
        digits(lab, units, epochs, drawn);
    }

    private static void moons(LabContext lab, Dataset data, Activation activation) {
        int[][] shapes = {{1}, {3}, {16}, {1, 1}, {3, 3}, {16, 16}};
        var panels = new ArrayList<Plot>();
        var accuracies = new double[shapes.length];
        for (int s : lab.progress("networks", shapes.length)) {
            var network = new Mlp(MlpConfig.classifier(2, 2, shapes[s]).withActivation(activation).withDtype(DType.F64), lab.rng(2));
            new MlpFit().withPenalty(1e-4).minimize(network, data.x(), data.y(), null, new Lbfgs().withMaxIterations(60), Progress.SILENT);
            accuracies[s] = network.classes(data.x()).eq(data.y()).to(DType.F64).mean().item();
            var title = Arrays.stream(shapes[s]).mapToObj(Integer::toString).reduce((a, b) -> a + " + " + b).orElseThrow() + " hidden, "
                    + Math.round(100 * accuracies[s]) + "% right";
            panels.add(Figure.regions(title, -1.8, 2.8, -1.3, 1.8, network::classes, "upper", "lower")
                    .points(data.x(), data.labels(), "upper", "lower").axes("x", "y"));
        }
        lab.figure(Figure.grid("Where the border runs", 3, panels.toArray(Plot[]::new)).describedAs(
                "With one hidden unit the border is a straight line whatever the depth; three units fold it, sixteen let it follow both moons, and a second layer makes it sharper."));
        lab.say("One hidden unit gets %.0f%% right, sixteen get %.0f%%.", 100 * accuracies[0], 100 * accuracies[2]);
        lab.shows("share of the moons right with 16 units, over that with one", accuracies[2] - accuracies[0], atLeast(0));
    }

    private static void digits(LabContext lab, int units, int epochs, Sketch drawn) {
        var parts = Split.stratified(Datasets.digits().to(DType.F32).scaled(1.0 / 16), lab.rng(3), 0.8, 0.2);
        Dataset train = parts.get(0), test = parts.get(1);
        var network = new Mlp(MlpConfig.classifier(64, 10, units), lab.rng(4));
        var history = new MlpFit().withRule(new Adam(0.01)).withEpochs(epochs).withPenalty(1e-3).withPatience(0).fit(network, train.x(),
                train.y(), null, lab.rng(5), lab.progress());
        double accuracy = network.classes(test.x()).eq(test.y()).to(DType.F64).mean().item();
        var weights = network.layers().getFirst().weight();
        var pictures = IntStream.range(0, units).mapToObj(u -> Image.gray("unit " + (u + 1), 8, weights.select(0, u))).toList();
        lab.figure(Figure.images("What each unit of the first layer looks for", 8, pictures).describedAs(
                "Each picture shows the 64 incoming weights of a hidden unit as pixels, bright where ink excites it and dark where ink calms it: strokes, edges and blobs, none of them a whole digit, and a plain grey one that the penalty has put to rest."));
        lab.figure(history.figure());
        var seen = drawn.fitted(3).pixels(8);
        double[] read = network.forward(seen.reshape(1, 64)).softmax(1).toDoubleArray();
        lab.figure(Figure.images("What you drew, as the network sees it", 1, Image.gray("8 x 8", seen))
                .describedAs("The drawing fills the sheet, and is as coarse as the digits that the network learned from."));
        lab.figure(Figure.bar("What it reads in the drawing", Figure.numbered(0, 9), read).axes("digit", "probability").limitY(0, 1)
                .describedAs("The probability of each digit, by a network that has seen " + train.size() + " digits of other hands."));
        lab.say("With %d hidden units, %.1f%% of %d unseen digits are read rightly after %d epochs.", units, 100 * accuracy, test.size(),
                epochs);
        lab.shows("unseen digits read rightly", accuracy, atLeast(0.9));
    }
}
