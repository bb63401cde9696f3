package lyceum.backend.x86.conv;

import java.nio.IntBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import lyceum.backend.WindowGeometry;
import lyceum.backend.x86.conv.Tables.Columns;
import lyceum.backend.x86.conv.Tables.Steps;

/** What a convolution's sizes alone decide: tables of steps and columns. The last few hundred are kept, for a network asks for the same again and again. */
final class Plans {
    private static final int MOST = 256;

    private final int lanes;
    private final ConcurrentHashMap<IntBuffer, Forward> forward = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<IntBuffer, Back> back = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<IntBuffer, Weight> weight = new ConcurrentHashMap<>();

    Plans(int lanes) { this.lanes = lanes; }

    /** @param channel floats between channels of the padded input, {@code inPlace} if that is the input itself */
    record Forward(Phases phases, Columns columns, Steps steps, boolean inPlace, long channel) { }

    /** Columns and steps of each phase. */
    record Back(BackPhases phases, Columns[] columns, Steps[] steps, boolean inPlace, long channel) { }

    /** @param grid of the input turned channels last */
    record Weight(Grid grid, Columns columns, Steps steps) { }

    Forward forward(WindowGeometry g) { return find(forward, g, this::planForward); }

    Back back(WindowGeometry g) { return find(back, g, this::planBack); }

    Weight weight(WindowGeometry g) { return find(weight, g, this::planWeight); }

    private static <P> P find(ConcurrentHashMap<IntBuffer, P> plans, WindowGeometry g, Function<WindowGeometry, P> make) {
        var key = IntBuffer.allocate(22).put(g.inputs()).put(g.outputs()).put(g.groups()).put(g.in()).put(g.kernel()).put(g.out()).put(g.stride()).put(g.before()).put(g.dilation()).flip();
        var known = plans.get(key);
        if (known != null) return known;
        if (plans.size() >= MOST) plans.clear();
        var made = make.apply(g);
        plans.put(key, made);
        return made;
    }

    private Forward planForward(WindowGeometry g) {
        var phases = Phases.ofInput(g);
        var grid = phases.grid();
        boolean inPlace = phases.isIdentity() && grid.reach(g.out(), phases.offset(g.taps() - 1), lanes) <= grid.volume();
        long channel = inPlace ? g.inVolume() : (long) phases.count() * grid.volume();
        var steps = new Steps(g.inputsPerGroup() * g.taps());
        for (int c = 0; c < g.inputsPerGroup(); c++) {
            for (int tap = 0; tap < g.taps(); tap++) steps.add(4 * (c * channel + phases.offset(tap)), 4L * (c * g.taps() + tap));
        }
        return new Forward(phases, grid.columns(g.out(), lanes), steps, inPlace, channel);
    }

    private Back planBack(WindowGeometry g) {
        var plan = BackPhases.of(g);
        var grid = plan.grid();
        long channel = grid.volume(), depth = (long) g.inputsPerGroup() * g.taps();
        var columns = new Columns[plan.phases().size()];
        var steps = new Steps[columns.length];
        for (int i = 0; i < columns.length; i++) {
            var phase = plan.phases().get(i);
            columns[i] = grid.columns(phase.count(), lanes);
            steps[i] = new Steps(g.outputsPerGroup() * phase.taps().length);
            for (int o = 0; o < g.outputsPerGroup(); o++) {
                for (int t = 0; t < phase.taps().length; t++) steps[i].add(4 * (o * channel + phase.offsets()[t]), 4 * (o * depth + phase.taps()[t]));
            }
        }
        return new Back(plan, columns, steps, plan.isIdentity() && plan.reach(lanes) <= grid.volume(), channel);
    }

    private Weight planWeight(WindowGeometry g) {
        var padded = new int[3];
        for (int axis = 0; axis < 3; axis++) padded[axis] = (g.out()[axis] - 1) * g.stride()[axis] + (g.kernel()[axis] - 1) * g.dilation()[axis] + 1;
        var grid = new Grid(padded);
        var steps = new Steps(g.outVolume());
        for (int p = 0; p < g.outVolume(); p++) {
            int i = p / (g.out()[1] * g.out()[2]), j = p / g.out()[2] % g.out()[1], k = p % g.out()[2];
            steps.add(4L * grid.at(i * g.stride()[0], j * g.stride()[1], k * g.stride()[2]) * g.inputs(), 4L * p);
        }
        return new Weight(grid, weightColumns(g, grid), steps);
    }

    /** Columns are (tap, channel); without groups and dilation those of one line of the kernel are neighbours in x. */
    private Columns weightColumns(WindowGeometry g, Grid grid) {
        boolean joined = g.groups() == 1 && g.dilation()[2] == 1;
        int inputs = g.inputsPerGroup(), run = joined ? g.kernel()[2] * inputs : inputs, runs = g.taps() * inputs / run;
        var columns = new Columns(runs * ((run + lanes - 1) / lanes), lanes);
        for (int r = 0; r < runs; r++) {
            int tap = joined ? r * g.kernel()[2] : r;
            long at = (long) grid.at(g.tap(0, tap) * g.dilation()[0], g.tap(1, tap) * g.dilation()[1], g.tap(2, tap) * g.dilation()[2]) * g.inputs();
            for (int c = 0; c < run; c += lanes) columns.add(4 * (at + c), 4L * (r * run + c), (int) ((1L << Math.min(lanes, run - c)) - 1));
        }
        return columns;
    }
}
