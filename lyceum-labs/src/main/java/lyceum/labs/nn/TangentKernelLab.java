package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.KernelDynamics;
import lyceum.train.NeuralTangentKernel;
import lyceum.train.WideNetwork;

/** Networks of growing width against what their kernel at infinite width predicts: the curves close in on each other. */
@Lab(topics = "ntk", title = "Width makes a kernel machine")
final class TangentKernelLab implements LabBody {
    private static final int[] WIDTHS = {32, 128, 512, 2048};

    @Override public void run(LabContext lab) {
        int points = lab.param("points", 8, 4, 16);
        int steps = lab.param("steps", 150, 20, 1000);
        double rate = lab.param("rate", 0.1, 0.01, 0.3);
        var limit = new WideNetwork(1, WideNetwork.Nonlinearity.RELU);
        Tensor x = circle(Tensor.arange(0.0, points, 1).mul(2 * Math.PI / points)), fine = Tensor.linspace(0, 2 * Math.PI, 60);
        var y = Tensor.arange(0.0, points, 1).mul(2 * Math.PI / points).sin().mul(Math.sqrt(2)).compute();
        double[] widths = new double[WIDTHS.length], kernelGap = new double[WIDTHS.length], outputGap = new double[WIDTHS.length];
        Tensor grid = circle(fine), analytic = limit.tangentKernel(x, x);
        double[] learnt = null, predicted = null;
        for (int w : lab.progress("widths", WIDTHS.length)) {
            widths[w] = WIDTHS[w];
            var network = limit.sample(2, WIDTHS[w], DType.F64, lab.rng(w));
            kernelGap[w] = new NeuralTangentKernel<>(network).of(x).sub(analytic).norm().item() / analytic.norm().item();
            var start = network.forward(x).flatten().detach().compute();
            var before = network.forward(grid).flatten().detach().compute();
            var optimizer = new Sgd(rate).over(network.parameters());
            for (int i = 0; i < steps; i++) {
                optimizer.zeroGrad();
                network.forward(x).flatten().sub(y).square().sum().mul(0.5).backward();
                optimizer.step();
            }
            var flow = new KernelDynamics(analytic, y.sub(start));
            var expected = before.add(flow.change(limit.tangentKernel(grid, x), rate, steps));
            var now = network.forward(grid).flatten().detach();
            outputGap[w] = now.sub(expected).square().mean().sqrt().item();
            learnt = now.toDoubleArray();
            predicted = expected.toDoubleArray();
        }
        double[] angles = fine.toDoubleArray();
        lab.figure(Figure
                .row("Network and kernel",
                        Figure.line("After training, width " + WIDTHS[WIDTHS.length - 1], angles, learnt).named("network")
                                .line("kernel", angles, predicted).dashed().axes("angle of the input", "output"),
                        Figure.line("Gaps by width", widths, kernelGap).named("kernel at the start, relative")
                                .line("outputs after training, RMS", widths, outputGap).logX().logY().axes("width", "gap"))
                .describedAs(
                        "Left: on the circle the trained network lies on the curve that the infinite-width kernel predicts. Right: both gaps fall as the square root of the width grows."));
        int last = WIDTHS.length - 1;
        lab.say("From width %d to %d the outputs' distance from the kernel's prediction falls from %.3f to %.3f.", WIDTHS[0], WIDTHS[last],
                outputGap[0], outputGap[last]);
        lab.shows("kernel, relative gap at the largest width", kernelGap[last], atMost(0.1));
        lab.shows("outputs, gap at the largest width over the smallest", outputGap[last] / outputGap[0], below(1));
    }

    private static Tensor circle(Tensor angles) { return Tensor.stack(1, angles.cos(), angles.sin()).compute(); }
}
