package lyceum.labs.models;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.vision.AlexNet;
import lyceum.models.vision.AlexNetConfig;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Skeleton;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** The small AlexNet on digits, whole and with one ingredient taken out at a time; then what its first layer looks for. */
@Lab(topics = "alexnet", title = "Which ingredient mattered")
final class AlexNetLab implements LabBody {
    @Override public void run(LabContext lab) {
        int images = lab.param("images", 200, 100, 1400), epochs = lab.param("epochs", 8, 1, 60);
        double rate = lab.param("learning rate", 0.01, 0.001, 0.3), dropout = lab.param("dropout", 0.2, 0, 0.8);
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        var large = digits.x().reshape(digits.size(), 8, 8).repeatInterleave(1, 2).repeatInterleave(2, 2).reshape(digits.size(), 1, 16, 16)
                .compute();
        var data = digits.withX(large);
        var train = data.head(images);
        var test = data.range(1400, 1797);
        var whole = AlexNetConfig.small(1, 16, 10).withHidden(128).withDropout(dropout);
        var kinds = new LinkedHashMap<String, AlexNetConfig>();
        kinds.put("all of it", whole);
        kinds.put("tanh", whole.withActivation(Activation.TANH));
        kinds.put("no dropout", whole.withDropout(0));
        kinds.put("no response norm", whole.withResponseNorm(false));
        kinds.put("plain pooling", whole.withOverlapping(false));
        kinds.put("one group", whole.withGroups(1));
        double[] trained = new double[kinds.size()], tested = new double[kinds.size()];
        AlexNet first = null;
        int i = 0;
        for (var config : kinds.values()) {
            var net = new AlexNet(config, lab.rng(2));
            new Trainer(new Sgd(rate).withMomentum(0.9), epochs).withBatchSize(25).fit(net, Loss::crossEntropy, train, null, lab.rng(3),
                    lab.progress());
            trained[i] = error(net, train.x(), train.y());
            tested[i++] = error(net, test.x(), test.y());
            if (first == null) first = net;
        }
        lab.figure(Figure
                .bars("Error without one ingredient", kinds.keySet().toArray(String[]::new), Series.of("training", trained),
                        Series.of("test", tested))
                .axes("network", "share of digits told wrongly")
                .describedAs("Training and test error of the small AlexNet and of five that lack one ingredient each."));
        var filters = new ArrayList<Image>();
        var weight = ((Conv2d) first.features().layers().getFirst()).weight().detach();
        for (int f = 0; f < weight.size(0); f++) filters.add(Image.gray("filter " + f, weight.get(f, 0)));
        double most = weight.abs().max().item();
        lab.figure(Figure.images("Filters of the first layer", 8, filters).pixels(-most, most)
                .describedAs("Eight filters of 5 by 5 pixels after training; bright for positive weights."));
        lab.shows("training error of the whole network", trained[0], below(epochs < 8 || images < 200 || dropout > 0.2 ? 1.01 : 0.7));
        for (var config : new AlexNetConfig[] {AlexNetConfig.paper(), AlexNetConfig.oneColumn()}) {
            long count = Skeleton.of(() -> new AlexNet(config, Rng.of(1))).parameterCount();
            lab.check(1, "parameters in " + (config.groups() == 2 ? "two groups" : "one column"), count,
                    exactly(config.groups() == 2 ? 60_965_224 : 61_100_840));
        }
    }

    private static double error(AlexNet net, Tensor x, Tensor y) {
        return net.forward(x).argmax(1).ne(y).countNonZero().item() / y.size(0);
    }
}
