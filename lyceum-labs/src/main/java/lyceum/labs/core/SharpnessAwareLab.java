package lyceum.labs.core;

import static lyceum.labs.Bounds.below;

import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Lanczos;
import lyceum.linalg.LinearMap;
import lyceum.optim.Minibatches;
import lyceum.optim.Optimizer;
import lyceum.optim.Sam;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A notch in the side of a bowl holds SGD and lets SAM go; and the loss of a network, cut along its sharpest direction at both ends. */
@Lab(topics = "sam", title = "Valleys wide enough to stand in")
final class SharpnessAwareLab implements LabBody {

    @Override public void run(LabContext lab) {
        double radius = lab.param("radius", 0.3, 0.0, 1.0), start = lab.param("start", 0.02, -1.0, 3.0);
        double rho = lab.param("networkRadius", 0.1, 0.0, 0.5);
        int epochs = lab.param("epochs", 50, 5, 100);

        var plain = notchWalk(start, 0);
        var aware = notchWalk(start, radius);
        lab.figure(Figure.plot("A wide bowl with a notch in its side").line("loss", -0.6, 3, w -> notch(Tensor.of(w)).item())
                .line("worst within " + radius, -0.6, 3,
                        w -> Math.max(notch(Tensor.of(w - radius)).item(), notch(Tensor.of(w + radius)).item()))
                .dashed().points("SGD", plain[0], plain[1]).points("SAM", aware[0], aware[1]).axes("weight", "loss").describedAs(
                        "SGD rests at the bottom of the notch. SAM asks for the slope at the edge of its ball, outside the notch, and rolls down to the bowl's bottom."));
        lab.say("From %.2f SGD ends at %.2f and SAM at %.2f.", start, plain[0][plain[0].length - 1], aware[0][aware[0].length - 1]);

        var net = DigitNet.of(400, 16, lab.rng(1));
        Tensor sharp = net.start(lab.rng(2)), wide = net.start(lab.rng(2));
        train(lab, net, sharp, 0, epochs);
        train(lab, net, wide, rho, epochs);
        double[] bends = new double[2], t = Tensor.linspace(-1.5, 1.5, 41).toDoubleArray();
        var cut = Figure.plot("The training loss, cut along the sharpest direction");
        for (var end : new Tensor[] {sharp, wide}) {
            var w = end.detach();
            var top = new Lanczos(1).withTolerance(1e-2).run(LinearMap.symmetric((int) w.count(), v -> Autograd.hvp(net::loss, w, v)),
                    lab.rng(3));
            var direction = top.vectors().flatten();
            bends[end == sharp ? 0 : 1] = top.values().item(0);
            var losses = new double[t.length];
            for (int i = 0; i < t.length; i++) losses[i] = net.loss(w.add(direction.mul(t[i]))).item();
            cut = cut.line((end == sharp ? "SGD" : "SAM") + ", curvature " + Math.round(top.values().item(0) * 10) / 10.0, t, losses);
        }
        lab.figure(cut.axes("distance along the top eigenvector of the Hessian", "loss")
                .describedAs("Both curves have their minimum in the middle; the one where SAM ended rises more slowly to both sides."));
        lab.shows("curvature where SAM ended over that where SGD did", bends[1] / bends[0], below(0.9));
    }

    /** A bowl around 1.5 and a notch of width 0.04 at 0. */
    private static Tensor notch(Tensor w) { return w.sub(1.5).square().div(2).sub(w.div(0.04).square().div(-2).exp().mul(0.3)).sum(); }

    /** Every tenth place on the way, and the loss there. */
    private static double[][] notchWalk(double start, double radius) {
        var w = Tensor.of(start).requiresGrad();
        var sam = new Sam(new Sgd(0.004).withMomentum(0.9).over(w), radius);
        var way = new double[2][60];
        for (int t = 0; t < 600; t++) {
            if (t % 10 == 0) {
                way[0][t / 10] = w.item();
                way[1][t / 10] = notch(w.detach()).item();
            }
            sam.step(() -> notch(w));
        }
        return way;
    }

    private static void train(LabContext lab, DigitNet net, Tensor w, double rho, int epochs) {
        Optimizer optimizer = new Sgd(0.1).withMomentum(0.9).over(w);
        var sam = new Sam(optimizer, rho);
        var rng = lab.rng(4);
        for (int epoch = 0; epoch < epochs; epoch++)
            for (var batch : new Minibatches(net.rows(), 64).epoch(rng)) sam.step(() -> net.loss(w, batch));
    }
}
