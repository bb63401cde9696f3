package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.backend.PadMode;
import lyceum.backend.Pooling;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Equivariance;
import lyceum.nn.FrameAveraging;
import lyceum.nn.GroupAction;
import lyceum.nn.GroupConv2d;
import lyceum.nn.GroupPooling;
import lyceum.nn.Layer;
import lyceum.nn.LiftingConv2d;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.Symmetry;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Feature maps of a digit under a turn or a shift: what moves along, what stays, and what breaks; then digits read upside down. */
@Lab(topics = "equivariance", title = "Moves with it, or stays, or breaks")
final class EquivarianceLab implements LabBody {
    @Override public void run(LabContext lab) {
        String move = lab.choice("what is done to the digit", "quarter turn", "quarter turn", "shift by one");
        int which = lab.param("digit", 7, 0, 500), epochs = lab.param("epochs", 2, 1, 30),
                rows = lab.param("training digits", 600, 100, 1_200);
        var digits = Datasets.digits();
        var pictures = digits.withX(digits.x().to(DType.F32).div(16).reshape(digits.size(), 1, 8, 8).compute());
        var x = pictures.x().narrow(0, which, 1);
        var rng = lab.rng(1);
        boolean turn = move.equals("quarter turn");
        GroupAction turns = GroupAction.of(Symmetry.C4), shifts = GroupAction.shifts(8, 8);
        GroupAction action = turn ? turns : shifts;

        Layer circular = new Conv2d(1, 4, 3, new Convolution().withPadding(1).withMode(PadMode.CIRCULAR), rng),
                zeros = new Conv2d(1, 4, 3, new Convolution().withPadding(1), rng),
                lifting = new LiftingConv2d(1, 4, 3, Symmetry.C4, 1, rng).then(new GroupPooling(GroupPooling.Kind.MAX));
        var averaged = new FrameAveraging(zeros.then(Layer.of(z -> z.relu().square().reshape(z.size(0), -1))), FrameAveraging.over(turns));
        record Named(String name, Layer layer) {}
        var layers = List.of(new Named("circular convolution", circular), new Named("convolution, zero padding", zeros),
                new Named("C4 convolution, pooled", lifting));
        var panels = new ArrayList<Image>();
        var table = new ArrayList<List<?>>();
        for (var each : layers) {
            Tensor before = each.layer.forward(action.apply(1, x)), after = action.apply(1, each.layer.forward(x));
            panels.add(picture(each.name + ": moved, then layer", before));
            panels.add(picture("layer, then moved", after));
            panels.add(picture("difference", before.sub(after).abs()));
            table.add(List.of(each.name, Equivariance.of(each.layer, x, shifts, shifts).largest(),
                    Equivariance.of(each.layer, x, turns, turns).largest(),
                    Equivariance.invariance(each.layer.then(Layer.of(z -> z.relu().mean(2, 3))), x, turns).largest()));
        }
        lab.figure(Figure.images("One feature map under a " + move, 3, panels)
                .describedAs("Where the first two columns agree the layer moves with the picture; the third shows where it breaks."));
        lab.table("Largest error of an entry", List.of("layer", "64 shifts", "4 turns", "mean of ReLU over places, 4 turns"), table);
        lab.shows("circular convolution under shifts", (double) table.get(0).get(1), below(1e-5));
        lab.shows("zero padding under shifts", (double) table.get(1).get(1), above(1e-2));
        lab.shows("C4 convolution under turns", (double) table.get(2).get(2), below(1e-5));
        lab.shows("a plain network averaged over four poses, under turns", Equivariance.invariance(averaged, x, turns).largest(),
                below(1e-5));

        var turning = new Sequential(new LiftingConv2d(1, 6, 3, Symmetry.C4, 1, rng), Activation.RELU,
                Layer.of(z -> z.avgPool(new Pooling(1, 2, 2))), new GroupConv2d(6, 16, 4, Symmetry.C4, 0, rng), Activation.RELU,
                new GroupPooling(GroupPooling.Kind.MAX), Layer.of(z -> z.reshape(z.size(0), 16)), new Linear(16, 10, rng));
        var plain = new Sequential(new Conv2d(1, 8, 3, new Convolution().withPadding(1), rng), Activation.RELU,
                Layer.of(z -> z.avgPool(new Pooling(2))), new Conv2d(8, 16, 4, rng), Activation.RELU,
                Layer.of(z -> z.reshape(z.size(0), 16)), new Linear(16, 10, rng));
        var trainer = new Trainer(new Adam(1e-2), epochs).withBatchSize(25);
        var test = pictures.range(1_200, pictures.size());
        double[] quarters = {0, 90, 180, 270};
        double[][] right = new double[2][4];
        for (int k = 0; k < 2; k++) {
            var network = k == 0 ? turning : plain;
            trainer.fit(network, Loss::crossEntropy, pictures.range(0, rows), rng);
            for (int e = 0; e < 4; e++)
                right[k][e] = network.forward(turns.apply(e, test.x())).argmax(1).eq(test.y()).countNonZero().item() / test.size();
        }
        lab.figure(Figure.plot("Trained upright, read turned").line("C4 network", quarters, right[0])
                .line("plain network", quarters, right[1]).limitY(0, 1).axes("turn, degrees", "accuracy")
                .describedAs("The C4 network reads turned digits as well as upright ones; the plain one is lost."));
        lab.shows("C4 network's accuracy on quarter turns minus upright", Math.abs(right[0][1] - right[0][0]), below(1e-9));
        if (epochs >= 2 && rows >= 600) lab.shows("what the plain network loses", right[1][0] - right[1][1], above(0.3));
    }

    private static Image picture(String caption, Tensor maps) {
        var map = maps.select(0, 0).select(0, 0);
        double low = map.min().item(), high = map.max().item();
        return Image.gray(caption, high > low + 1e-5 ? map.sub(low).div(high - low) : map.zerosLike());
    }
}
