package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.conv.Copies.Place;
import lyceum.backend.x86.conv.Copies.Planes;
import lyceum.backend.x86.conv.Tables.Columns;
import lyceum.backend.x86.conv.Tables.Steps;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/** Depthwise convolutions, channel by channel: each plane is padded into scratch that stays in cache, and read from there tap by tap. */
final class ChannelConvolution {
    private static final int SLACK = 64;
    /** The memory of a piece of work, which goes back before the next. */
    private static final String PLANES = "planes of a convolution";
    /** Multiply-adds worth a piece of work for a thread. */
    private static final long GRAIN = 1 << 19;

    private final Cpu cpu;
    private final Element element;
    private final Copies copies;
    private final Plans plans;
    private final ThreadLocal<MemorySegment> perThread = Arguments.perThread();
    private final KernelCache<Cpu> kernels;

    ChannelConvolution(KernelCache<Cpu> kernels, Element element, Copies copies, Plans plans) {
        this.kernels = kernels;
        this.element = element;
        this.plans = plans;
        this.cpu = kernels.cpu();
        this.copies = copies;
    }

    static boolean suits(WindowGeometry g) { return g.inputs() == g.groups() && g.outputs() == g.groups(); }

    /** Whether there is a kernel for the gradient by the weight. */
    boolean weighs(WindowGeometry g) { return cpu.has(Feature.AVX512) && g.taps() <= ChannelWeight.MOST; }

    private Place place(View view) { return new Place(view.storage().segment(), view.byteOffset(), element.bytes); }

    private Place place(Storage storage) { return new Place(storage.segment(), storage.base(), element.bytes); }

    /** Zeros; what a plane leaves alone stays so for the next. */
    private Storage scratch(long elements) {
        long bytes = element.bytes * (elements + SLACK);
        var storage = Allocator.allocate(bytes);
        storage.segment().asSlice(storage.base(), bytes).fill((byte) 0);
        return storage;
    }

    private static long grain(WindowGeometry g) { return Math.max(1, GRAIN / Math.max(1, (long) g.outVolume() * (g.taps() + 4))); }

    /** Of one plane, about: some of it is copying. */
    private double nanos(WindowGeometry g) { return (double) g.outVolume() * (g.taps() + 4) / element.lanes(cpu); }

    void forward(WindowGeometry g, View x, View weight, View bias, Op activation, View y) {
        var plan = plans.forward(g);
        var phases = plan.phases();
        Parallel.range((long) g.batch() * g.inputs(), grain(g), nanos(g), (from, to) -> {
            try (var scope = Scope.open(PLANES)) {
                var block = scratch((long) phases.count() * phases.grid().volume());
                for (long plane = from; plane < to; plane++) {
                    long c = plane % g.inputs();
                    spread(phases, place(x).plus(plane * g.inVolume()), g.in(), place(block));
                    multiply(place(block).address(), place(weight).plus(c * g.taps()).address(), plan.steps(), plan.columns(),
                            place(y).plus(plane * g.outVolume()).address(), bias == null ? 0 : place(bias).plus(c).address(),
                            activation == Op.RELU);
                }
            }
        });
    }

    void back(WindowGeometry g, View y, View weight, View bias, Op activation, View x) {
        var plan = plans.back(g);
        var phases = plan.phases();
        Parallel.range((long) g.batch() * g.inputs(), grain(g), nanos(g), (from, to) -> {
            try (var scope = Scope.open(PLANES)) {
                Storage block = scratch(phases.grid().volume()), piece = scratch(phases.largest());
                for (long plane = from; plane < to; plane++) {
                    long c = plane % g.inputs();
                    spread(phases.padding(), place(y).plus(plane * g.outVolume()), g.out(), place(block));
                    var target = place(x).plus(plane * g.inVolume());
                    for (int i = 0; i < phases.phases().size(); i++) {
                        multiply(place(block).address(), place(weight).plus(c * g.taps()).address(), plan.steps()[i], plan.columns()[i],
                                (phases.strided() ? place(piece) : target).address(), bias == null ? 0 : place(bias).plus(c).address(),
                                activation == Op.RELU);
                        var phase = phases.phases().get(i);
                        if (phases.strided())
                            copies.merge(place(piece), phase.count(), target, g.in(), g.stride(), phase.shift(), Planes.ONE);
                    }
                }
            }
        });
    }

    void weight(WindowGeometry g, View x, View y, View weight) {
        var plan = plans.forward(g);
        var phases = plan.phases();
        int volume = phases.grid().volume();
        var kernel = kernels.of(new ChannelWeight(element, g.taps()));
        Parallel.range(g.inputs(), Math.max(1, grain(g) / g.batch()), g.batch() * nanos(g), (from, to) -> {
            try (var scope = Scope.open(PLANES)) {
                Storage block = scratch((long) phases.count() * volume), sums = scratch(16L * g.taps());
                var totals = new double[g.taps()];
                for (long c = from; c < to; c++) {
                    Arrays.fill(totals, 0);
                    for (int example = 0; example < g.batch(); example++) {
                        long plane = (long) example * g.inputs() + c;
                        spread(phases, place(x).plus(plane * g.inVolume()), g.in(), place(block));
                        var arguments = perThread.get();
                        ChannelWeight.X.set(arguments, place(block).address());
                        ChannelWeight.G.set(arguments, place(y).plus(plane * g.outVolume()).address());
                        ChannelWeight.STEPS.set(arguments, plan.steps().address(0));
                        ChannelWeight.COLUMNS.set(arguments, plan.columns().address(0));
                        ChannelWeight.COUNT.set(arguments, plan.columns().count());
                        ChannelWeight.OUT.set(arguments, place(sums).address());
                        kernel.callLong(arguments.address());
                        add(sums, totals);
                    }
                    for (int tap = 0; tap < totals.length; tap++)
                        element.set(weight.storage().segment(), weight.byteOffset() + element.bytes * (c * totals.length + tap),
                                totals[tap]);
                }
            }
        });
    }

    private void add(Storage sums, double[] totals) {
        for (int tap = 0; tap < totals.length; tap++) {
            double total = 0;
            for (int at = 0; at < 64; at += element.bytes) total += element.get(sums.segment(), sums.base() + 64L * tap + at);
            totals[tap] += total;
        }
    }

    private void spread(Phases phases, Place plane, int[] sizes, Place block) {
        for (int phase = 0; phase < phases.count(); phase++) {
            copies.spread(plane, sizes, phases.stride(), phases.shift(phase), block.plus((long) phase * phases.grid().volume()),
                    phases.grid().sizes(), Planes.ONE);
        }
    }

    private void multiply(long x, long weight, Steps steps, Columns columns, long y, long bias, boolean relu) {
        var arguments = perThread.get();
        ChannelProduct.A.set(arguments, weight);
        ChannelProduct.STEPS.set(arguments, steps.address(0));
        ChannelProduct.COUNT.set(arguments, steps.count());
        ChannelProduct.Y.set(arguments, y);
        ChannelProduct.BIAS.set(arguments, bias);
        int n = columns.count(), groups = (n + ChannelProduct.MOST - 1) / ChannelProduct.MOST, width = (n + groups - 1) / groups,
                whole = columns.wholeStores() / width * width;
        if (whole > 0) call(arguments, x, columns, 0, width, whole / width, new ChannelProduct(element, width, bias != 0, relu, false));
        for (int from = whole; from < n; from += width) {
            int vectors = Math.min(width, n - from);
            call(arguments, x, columns, from, vectors, 1, new ChannelProduct(element, vectors, bias != 0, relu, true));
        }
    }

    private void call(MemorySegment arguments, long x, Columns columns, int from, int width, int groups, ChannelProduct form) {
        ChannelProduct.X.set(arguments, x + (long) from * cpu.vectorBits() / 8);
        ChannelProduct.COLUMNS.set(arguments, columns.address(from));
        ChannelProduct.GROUPS.set(arguments, groups);
        var kernel = kernels.of(form);
        if (ChannelProduct.COUNT.get(arguments) * groups * width > Tiles.LONG_CALL) kernel.callLong(arguments.address());
        else kernel.call(arguments.address());
    }
}
