package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.LogisticRegression;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.EarlyStopping;
import lyceum.train.Trainer;

/** A small convolutional network on raw pixels beside a linear classifier on the same, and what its filters have become. */
@Lab(topics = "deep-learning", title = "From pixels to features")
final class DeepLearningLab implements LabBody {
    @Override public void run(LabContext lab) {
        int filters = lab.param("filters", 8, 2, 32), epochs = lab.param("epochs", 9, 1, 40),
                images = lab.param("training images", 1200, 100, 1400);
        double rate = lab.param("learning rate", 0.005, 0.0001, 0.1), averaging = lab.param("averaging", 0.9, 0.0, 0.999);
        var parts = Split.stratified(Datasets.digits().to(DType.F32).scaled(1.0 / 16), lab.rng(1), 0.8, 0.2);
        Dataset train = parts.get(0).head(Math.min(images, parts.get(0).size())), test = parts.get(1);

        var rng = lab.rng(2);
        var features = new Sequential(Layer.of(x -> x.reshape(-1, 1, 8, 8)), new Conv2d(1, filters, 3, rng), Activation.RELU,
                new Conv2d(filters, 2 * filters, 3, rng), Activation.RELU, new MaxPool2d(2), Layer.of(x -> x.reshape(x.size(0), -1)),
                new Linear(8L * filters, 32, rng), Activation.RELU);
        var network = new Sequential(features, new Linear(32, 10, rng));
        var history = new Trainer(new Adam(rate), epochs).withBatchSize(32).withAveraging(averaging)
                .withMetric("accuracy", DeepLearningLab::accuracy)
                .withEarlyStopping(new EarlyStopping(5).withMetric("accuracy").withMode(EarlyStopping.Mode.MAX))
                .fit(network, Loss::crossEntropy, train, test, lab.rng(3), lab.progress());

        double deep = accuracy(network.forward(test.x()), test.y());
        double plain = linear(train.x(), train.y(), test.x(), test.y());
        double lifted = linear(features.forward(train.x()).detach(), train.y(), features.forward(test.x()).detach(), test.y());
        lab.figure(Figure
                .row("Training",
                        Figure.plot("Loss").line("training", 1, history.losses()).line("validation", 1, history.validations()).axes("epoch",
                                "cross-entropy (nats)"),
                        Figure.plot("Accuracy").line("network", 1, history.metric("accuracy"))
                                .line("linear classifier of pixels", 1, history.size(), e -> plain).dashed().axes("epoch", "share right"))
                .describedAs(
                        "Loss falls and accuracy climbs towards the dashed line, and past it with epochs enough: that of the linear classifier on the same pixels."));
        var weight = ((Conv2d) features.modules().get("1")).weight().detach();
        lab.figure(Figure
                .images("First filters", 8,
                        IntStream.range(0, filters).mapToObj(f -> Image.gray("filter " + (f + 1), 3, weight.select(0, f).flatten()))
                                .toList())
                .describedAs(
                        "Each filter as three by three pixels, bright where ink excites it: small edges and corners, which nobody designed."));
        lab.say("Right: %.1f%% by a linear classifier of pixels, %.1f%% by the network, %.1f%% by the linear classifier of its last hidden layer.",
                100 * plain, 100 * deep, 100 * lifted);
        lab.shows("digits that the network reads rightly", deep, atLeast(0.85));
    }

    private static double accuracy(Tensor logits, Tensor y) { return logits.argmax(1).eq(y).to(DType.F64).mean().item(); }

    private static double linear(Tensor x, Tensor y, Tensor other, Tensor labels) {
        return new LogisticRegression().withTolerance(1e-4).fit(x.to(DType.F64), y).score(other.to(DType.F64), labels);
    }
}
