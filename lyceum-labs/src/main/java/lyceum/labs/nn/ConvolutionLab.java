package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.backend.PadMode;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Conv2d;
import lyceum.nn.ConvolutionForms;
import lyceum.nn.LeNet;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** What a small LeNet looks for in digits, what it sees in one, how far back its layers see, and what a shift does. */
@Lab(topics = "convolutional-neural-network", title = "One small filter, everywhere")
final class ConvolutionLab implements LabBody {
    @Override public void run(LabContext lab) {
        int images = lab.param("images", 500, 100, 1400), epochs = lab.param("epochs", 16, 1, 40), shown = lab.param("digit", 0, 0, 390);
        int layers = lab.param("layers", 4, 1, 6), kernel = lab.param("kernel", 3, 2, 5), stride = lab.param("stride", 1, 1, 2);
        var beyond = PadMode.valueOf(lab.choice("beyond the border", "CIRCULAR", "CIRCULAR", "ZEROS", "REFLECT", "REPLICATE"));
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        digits = digits.withX(digits.x().reshape(digits.size(), 1, 8, 8).compute());
        var net = new LeNet(1, 8, 10, 8, 16, 3, 64, 32, lab.rng(2));
        new Trainer(new Adam(3e-3), epochs).withBatchSize(25).fit(net, Loss::crossEntropy, digits.head(images), null, lab.rng(3),
                lab.progress());
        var test = digits.range(1400, 1797);
        double right = net.forward(test.x()).argmax(1).eq(test.y()).countNonZero().item() / test.size();
        var first = (Conv2d) net.modules().get("conv1");
        var weight = first.weight().detach();
        var filters = new ArrayList<Image>();
        var maps = new ArrayList<>(List.of(Image.gray("the digit", test.x().get(shown, 0))));
        var seen = first.forward(test.x().narrow(0, shown, 1)).relu().detach();
        for (int f = 0; f < 8; f++) {
            filters.add(Image.gray("filter " + f, weight.get(f, 0)));
            maps.add(Image.gray("map " + f, seen.get(0, f)));
        }
        double most = weight.abs().max().item();
        lab.figure(Figure.images("Filters of the first layer", 8, filters).pixels(-most, most)
                .describedAs("Eight filters of 3 by 3 pixels after training; bright for positive weights."));
        lab.figure(Figure.images("What they see in a digit", 3, maps).pixels(0, Math.max(1, seen.max().item()))
                .describedAs("A digit, and the eight maps of the first layer after the rectifier: strokes of one direction each."));
        lab.shows("share of test digits read", right, above(images < 500 || epochs < 16 ? 0 : 0.8));

        int side = 41;
        var fields = new ArrayList<Image>();
        double worst = 0;
        for (int n = 1; n <= layers; n++) {
            var x = Tensor.zeros(1, 1, side, side).requiresGrad();
            Tensor y = x, ones = Tensor.ones(1, 1, kernel, kernel);
            int reach = 1, jump = 1;
            for (int i = 0; i < n; i++) {
                y = y.conv(ones, null, new Convolution().withStride(i == 0 ? stride : 1).withPadding(kernel / 2));
                reach += (kernel - 1) * jump;
                jump *= i == 0 ? stride : 1;
            }
            y.get(0, 0, (int) y.size(2) / 2, (int) y.size(3) / 2).backward();
            var field = x.grad().get(0, 0);
            worst = Math.max(worst, Math.abs(field.ne(0).sum(0).gt(0).countNonZero().item() - reach));
            fields.add(Image.gray(n + (n == 1 ? " layer: " : " layers: ") + reach + " pixels", field.div(field.max())));
        }
        lab.figure(Figure.images("What one output sees, by layers below it", 3, fields).pixels(0, 1).describedAs(
                "The share of each input pixel in one output: a square that grows with the layers, and is brightest in its middle."));
        lab.shows("width of the field off 1 + sum of (kernel - 1) times the strides before", worst, exactly(0));

        Tensor x = Tensor.randn(lab.rng(4), DType.F64, 1, 2, 8, 8), w = Tensor.randn(lab.rng(5), DType.F64, 3, 2, 3, 3);
        var how = new Convolution().withPadding(1).withMode(beyond);
        var rows = new ArrayList<List<?>>();
        double matrix = ConvolutionForms.matrix(w, 8, 8, how).matmul(x.reshape(-1, 1)).reshape(1, 3, 8, 8).sub(x.conv(w, null, how)).abs()
                .max().item();
        rows.add(List.of("direct", shift(x.conv(w, null, how), rolled(x).conv(w, null, how))));
        rows.add(List.of("gathered", shift(ConvolutionForms.gathered(x, w, how), ConvolutionForms.gathered(rolled(x), w, how))));
        rows.add(List.of("Winograd", shift(ConvolutionForms.winograd(x, w, how), ConvolutionForms.winograd(rolled(x), w, how))));
        lab.table("Shift, then filter, or filter, then shift", List.of("form", "largest difference"), rows);
        lab.shows("product with the large matrix, off the convolution", matrix, atMost(1e-12));
        double apart = (double) rows.getFirst().get(1);
        lab.shows("difference of the direct form", apart, beyond == PadMode.CIRCULAR ? exactly(0) : above(1e-2));
    }

    private static Tensor rolled(Tensor x) { return Tensor.concat(3, x.narrow(3, 5, 3), x.narrow(3, 0, 5)); }

    private static double shift(Tensor filtered, Tensor ofShifted) { return rolled(filtered).sub(ofShifted).abs().max().item(); }
}
