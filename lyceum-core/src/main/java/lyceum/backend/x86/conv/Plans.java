package lyceum.backend.x86.conv;

import java.nio.IntBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import lyceum.backend.WindowGeometry;
import lyceum.backend.x86.conv.Tables.Columns;
import lyceum.backend.x86.conv.Tables.Steps;
import lyceum.memory.Scope;

/** What a convolution's sizes alone decide: tables of steps and columns. The last few hundred are kept, for a network asks for the same again and again. */
final class Plans {
    private static final int MOST = 256;
    /** Positions that are summed at once. */
    private static final int POSITIONS = 2048;
    /** Elements of x or y that are turned at once, if one example does not have more. */
    private static final long TOGETHER = 4 << 20;

    private final Element element;
    private final int lanes;
    private final ConcurrentHashMap<IntBuffer, Forward> forward = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<IntBuffer, Back> back = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<IntBuffer, Weight> weight = new ConcurrentHashMap<>();

    Plans(Element element, int lanes) {
        this.element = element;
        this.lanes = lanes;
    }

    /** @param channel elements between channels of the padded input, {@code inPlace} if that is the input itself */
    record Forward(Phases phases, Columns columns, Steps steps, boolean inPlace, long channel) {}

    /** Columns and steps of each phase. */
    record Back(BackPhases phases, Columns[] columns, Steps[] steps, boolean inPlace, long channel) {}

    /** @param grid of the input turned channels last, {@code examples} of which are summed at once */
    record Weight(Grid grid, int examples, Columns columns, Steps steps) {}

    Forward forward(WindowGeometry g) { return find(forward, g, 1, this::planForward); }

    Back back(WindowGeometry g) { return find(back, g, 1, this::planBack); }

    Weight weight(WindowGeometry g) { return find(weight, g, together(g), this::planWeight); }

    private static <P> P find(ConcurrentHashMap<IntBuffer, P> plans, WindowGeometry g, int examples, Function<WindowGeometry, P> make) {
        var key = IntBuffer.allocate(23).put(examples).put(g.inputs()).put(g.outputs()).put(g.groups()).put(g.in()).put(g.kernel())
                .put(g.out()).put(g.stride()).put(g.before()).put(g.dilation()).flip();
        var plan = plans.get(key);
        if (plan == null) {
            if (plans.size() >= MOST) plans.clear();
            plans.put(key, plan = make.apply(g));
        }
        Scope.current().hold(plan); // another thread may clear them meanwhile
        return plan;
    }

    private Forward planForward(WindowGeometry g) {
        var phases = Phases.ofInput(g);
        var grid = phases.grid();
        boolean inPlace = phases.isIdentity() && grid.reach(g.out(), phases.offset(g.taps() - 1), lanes) <= grid.volume();
        long channel = inPlace ? g.inVolume() : (long) phases.count() * grid.volume();
        var steps = new Steps(g.inputsPerGroup() * g.taps());
        for (int c = 0; c < g.inputsPerGroup(); c++) {
            for (int tap = 0; tap < g.taps(); tap++)
                steps.add(element.bytes * (c * channel + phases.offset(tap)), (long) element.bytes * (c * g.taps() + tap));
        }
        return new Forward(phases, grid.columns(g.out(), element, lanes), steps, inPlace, channel);
    }

    private Back planBack(WindowGeometry g) {
        var plan = BackPhases.of(g);
        var grid = plan.grid();
        long channel = grid.volume(), depth = (long) g.inputsPerGroup() * g.taps();
        var columns = new Columns[plan.phases().size()];
        var steps = new Steps[columns.length];
        for (int i = 0; i < columns.length; i++) {
            var phase = plan.phases().get(i);
            columns[i] = grid.columns(phase.count(), element, lanes);
            steps[i] = new Steps(g.outputsPerGroup() * phase.taps().length);
            for (int o = 0; o < g.outputsPerGroup(); o++) {
                for (int t = 0; t < phase.taps().length; t++)
                    steps[i].add(element.bytes * (o * channel + phase.offsets()[t]), element.bytes * (o * depth + phase.taps()[t]));
            }
        }
        return new Back(plan, columns, steps, plan.isIdentity() && plan.reach(lanes) <= grid.volume(), channel);
    }

    /** Examples of small images are summed together, for what is added up is read and written once each time. */
    private static int together(WindowGeometry g) {
        long example = Math.max(g.inputs(), g.outputs());
        for (int size : padded(g)) example *= size;
        return (int) Math.clamp(Math.min(POSITIONS / g.outVolume(), TOGETHER / example), 1, g.batch());
    }

    /** Sizes of the part of x that is read. */
    private static int[] padded(WindowGeometry g) {
        var padded = new int[3];
        for (int axis = 0; axis < 3; axis++)
            padded[axis] = (g.out()[axis] - 1) * g.stride()[axis] + (g.kernel()[axis] - 1) * g.dilation()[axis] + 1;
        return padded;
    }

    private Weight planWeight(WindowGeometry g) {
        var grid = new Grid(padded(g));
        int examples = together(g), volume = g.outVolume();
        var steps = new Steps(examples * volume);
        for (int q = 0; q < examples * volume; q++) {
            int p = q % volume, example = q / volume;
            int i = p / (g.out()[1] * g.out()[2]), j = p / g.out()[2] % g.out()[1], k = p % g.out()[2];
            long at = (long) example * grid.volume() + grid.at(i * g.stride()[0], j * g.stride()[1], k * g.stride()[2]);
            steps.add(element.bytes * at * g.inputs(), element.bytes * ((long) example * g.outputs() * volume + p));
        }
        return new Weight(grid, examples, weightColumns(g, grid), steps);
    }

    /** Columns are (tap, channel); without groups and dilation those of one line of the kernel are neighbours in x. */
    private Columns weightColumns(WindowGeometry g, Grid grid) {
        boolean joined = g.groups() == 1 && g.dilation()[2] == 1;
        int inputs = g.inputsPerGroup(), run = joined ? g.kernel()[2] * inputs : inputs, runs = g.taps() * inputs / run;
        var columns = new Columns(runs * ((run + lanes - 1) / lanes), element, lanes);
        for (int r = 0; r < runs; r++) {
            int tap = joined ? r * g.kernel()[2] : r;
            long at = (long) grid.at(g.tap(0, tap) * g.dilation()[0], g.tap(1, tap) * g.dilation()[1], g.tap(2, tap) * g.dilation()[2])
                    * g.inputs();
            for (int c = 0; c < run; c += lanes)
                columns.add(element.bytes * (at + c), (long) element.bytes * (r * run + c),
                        element.wordMask((1 << Math.min(lanes, run - c)) - 1));
        }
        return columns;
    }
}
