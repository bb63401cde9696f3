package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Neuron;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** One unit over four corners: what its weights and its bias draw, what the delta rule makes of them, and what no unit can do. */
@Lab(topics = "neuron", title = "One line, two answers")
final class NeuronLab implements LabBody {
    private static final double[][] CORNERS = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};

    @Override public void run(LabContext lab) {
        double w1 = lab.param("w1", 1.0, -3, 3), w2 = lab.param("w2", 1.0, -3, 3), bias = lab.param("bias", -1.5, -4, 4);
        var target = lab.choice("to learn", "OR", "AND", "OR", "NAND", "XOR");
        int steps = lab.param("steps", 300, 10, 2000);

        var unit = Neuron.of(new double[] {w1, w2}, bias, Activation.SIGMOID);
        lab.figure(border("The unit of the sliders", unit));
        lab.say("At the four corners it says %.2f, %.2f, %.2f and %.2f; (1, 1) lies %.2f beyond the border.", y(unit, 0), y(unit, 1),
                y(unit, 2), y(unit, 3), unit.distance(1, 1));
        lab.figure(Figure.plot("Across the border")
                .line("output", Tensor.linspace(-1, 2, 61), Tensor.of(unit.response(new double[] {-1, -1}, new double[] {2, 2}, 61)))
                .horizontalLine(0.5, "undecided").axes("x1 = x2", "output")
                .describedAs("The unit's output along the diagonal: a step that larger weights make steeper."));

        boolean[] truth = switch (target) {
            case "AND" -> new boolean[] {false, false, false, true};
            case "OR" -> new boolean[] {false, true, true, true};
            case "NAND" -> new boolean[] {true, true, true, false};
            default -> new boolean[] {false, true, true, false};
        };
        var targets = new double[4];
        for (int i = 0; i < 4; i++) targets[i] = truth[i] ? 1 : 0;
        double[] errors = unit.learn(Tensor.of(CORNERS), Tensor.of(targets), 2, steps);
        lab.figure(Figure.plot("The delta rule learns " + target).line("half the squared error", 0, errors)
                .axes("step", "error over four rows")
                .describedAs("The error falls towards zero where one line suffices, and stays where it does not."));
        lab.figure(border("What it has learned", unit));

        int realisable = 0, functions = 16;
        var refused = new ArrayList<List<?>>();
        for (int code = 0; code < functions; code++) {
            var table = new boolean[4];
            for (int i = 0; i < 4; i++) table[i] = (code >> i & 1) == 1;
            if (Neuron.realising(table).isPresent()) realisable++;
            else refused.add(List.of(table[0], table[1], table[2], table[3]));
        }
        lab.table("Functions of two inputs that no unit computes", List.of("0, 0", "0, 1", "1, 0", "1, 1"), refused);
        lab.shows("of 16 functions, one unit computes", realisable, exactly(14));
        int wrong = 0;
        for (int i = 0; i < 4; i++) if (unit.fires(CORNERS[i]) != truth[i]) wrong++;
        lab.shows("corners of " + target + " that the unit still gets wrong", wrong,
                Neuron.realising(truth).isPresent() && steps >= 100 ? exactly(0) : atMost(4));
    }

    private static double y(Neuron unit, int corner) { return unit.forward(Tensor.of(CORNERS[corner])).item(); }

    private static Figure border(String title, Neuron unit) {
        var plot = Figure.plot(title).regions(-0.5, 1.5, -0.5, 1.5, x -> unit.net(x).gt(0).to(DType.I64), "stays silent", "fires");
        for (int i = 0; i < 4; i++) {
            plot = plot.points(CORNERS[i][0] + ", " + CORNERS[i][1], new double[] {CORNERS[i][0]}, new double[] {CORNERS[i][1]});
        }
        return plot.axes("x1", "x2").describedAs("The plane of two inputs cut in two by the unit's border, and the four corners.");
    }
}
