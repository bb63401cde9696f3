package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import lyceum.backend.Backend;
import lyceum.backend.Epilogue;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.conv.Copies.Place;
import lyceum.backend.x86.conv.Copies.Planes;
import lyceum.backend.x86.conv.Tables.Columns;
import lyceum.backend.x86.conv.Tables.Steps;
import lyceum.backend.x86.conv.Tiles.Product;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/**
 * Convolutions of one type in machine code: forward, and the gradients by input and weight, each as a product whose operands are read where they lie
 * ({@link OffsetProduct}). What moves is the input alone: into a padded block, cut by the stride into phases, where a tap is one distance.
 *
 * <p>Every element is one running sum in a fixed order, so that neither tiles nor threads change a bit.
 */
final class TypedConvolution {
    /** Bytes of padded input that are made at once, if one example does not take more. */
    private static final long SCRATCH = 32L << 20;
    /** Bytes of an example or a weight. */
    private static final long MOST = Integer.MAX_VALUE;
    /** Multiply-adds worth a piece of work for a thread. */
    private static final long GRAIN = 1 << 19;
    /** Bytes that are copied in a nanosecond, about. */
    private static final double COPIED = 8;
    /** Elements that a thread copies at once: they stay in its cache, and there are enough pieces for all. */
    private static final long TOGETHER = 16384;
    /** Elements that a vector may read beyond the end of a block. */
    private static final int SLACK = 64;

    private final Element element;
    private final long bytes;
    private final Tiles tiles;
    private final Copies copies;
    private final ChannelConvolution channels;
    private final PlaneConvolution planes;
    private final PackedProduct packed;
    private final Plans plans;
    private final Winograd winograd;

    TypedConvolution(KernelCache<Cpu> kernels, Element element, Backend backend) {
        this.element = element;
        bytes = element.bytes;
        tiles = new Tiles(kernels, element);
        copies = new Copies(kernels, element);
        plans = new Plans(element, tiles.lanes());
        channels = new ChannelConvolution(kernels, element, copies, plans);
        planes = element == Element.F32 ? new PlaneConvolution(kernels) : null;
        packed = new PackedProduct(kernels, tiles, copies);
        winograd = element == Element.F32 ? new Winograd(kernels, backend) : null;
    }

    /** Whether there is a kernel: operands not empty, and each example and the weight below 2 GiB, for steps are 32 bits wide. */
    boolean takes(WindowGeometry g, View... views) {
        long padded = 1;
        for (int axis = 0; axis < 3; axis++)
            padded *= Math.max(g.in()[axis], (long) g.out()[axis] * g.stride()[axis] + (long) g.kernel()[axis] * g.dilation()[axis]);
        if (g.inputsPerGroup() == 0 || padded > MOST / bytes / Math.max(g.inputs(), g.outputs())
                || (long) g.outputs() * g.inputsPerGroup() * g.taps() > MOST / bytes)
            return false;
        for (var view : views) if (view.size() == 0) return false;
        return true;
    }

    /** True if the kernel does what the epilogue asks; else it is a pass of its own. */
    private static boolean fuses(Epilogue epilogue) {
        return (epilogue.activation() == null || epilogue.activation() == Op.RELU)
                && (epilogue.bias() == null || epilogue.bias().isContiguous());
    }

    private boolean byPlanes(WindowGeometry g) { return planes != null && planes.suits(g); }

    private Place place(View view) { return new Place(view.storage().segment(), view.byteOffset(), element.bytes); }

    private Place place(Storage storage) { return new Place(storage.segment(), storage.base(), element.bytes); }

    private Storage scratch(long elements) { return Allocator.allocate(bytes * (elements + SLACK)); }

    /** {@code y = epilogue(x * weight)}. Returns false if the epilogue is left to do. */
    boolean forward(WindowGeometry g, View x, View weight, Epilogue epilogue, View y) {
        boolean fused = fuses(epilogue);
        if (ChannelConvolution.suits(g)) {
            View bias = fused ? epilogue.bias() : null;
            if (byPlanes(g)) planes.forward(g, x, weight, bias, fused ? epilogue.activation() : null, y);
            else channels.forward(g, x, weight, bias, fused ? epilogue.activation() : null, y);
            return fused;
        }
        long bias = fused && epilogue.bias() != null ? epilogue.bias().address() : 0;
        boolean relu = fused && epilogue.activation() == Op.RELU;
        if (winograd != null && winograd.suits(g) && winograd.forward(g, x, weight, bias, relu, y)) return fused;
        var plan = plans.forward(g);
        long channel = plan.channel(), depth = plan.steps().count();
        int examples = plan.inPlace() ? g.batch() : (int) Math.clamp(SCRATCH / bytes / (channel * g.inputs()), 1, g.batch());
        var block = plan.inPlace() ? null : scratch(examples * channel * g.inputs());
        for (int from = 0; from < g.batch(); from += examples) {
            int n = Math.min(examples, g.batch() - from), first = from;
            if (!plan.inPlace()) spread(plan.phases(), x, (long) from * g.inputs(), n * g.inputs(), g.in(), block);
            long source = plan.inPlace() ? x.address() : block.address();
            run(n, g.groups(), g.outVolume(), g.outputsPerGroup(), (int) depth, plan.columns(), plan.steps(), y.storage().segment(),
                    (example, group) -> new Product(weight.address() + bytes * group * g.outputsPerGroup() * depth, bytes * depth,
                            source + bytes * ((long) example * g.inputs() + group * g.inputsPerGroup()) * channel,
                            y.address() + bytes * ((long) (first + example) * g.outputs() + group * g.outputsPerGroup()) * g.outVolume(),
                            bytes * g.outVolume(), bias == 0 ? 0 : bias + bytes * group * g.outputsPerGroup(), relu, false));
        }
        return fused;
    }

    /** {@code x = epilogue(the gradient by x)}. Returns false if the epilogue is left to do. */
    boolean back(WindowGeometry g, View y, View weight, Epilogue epilogue, View x) {
        boolean fused = fuses(epilogue);
        if (ChannelConvolution.suits(g)) {
            View bias = fused ? epilogue.bias() : null;
            if (byPlanes(g)) planes.back(g, y, weight, bias, fused ? epilogue.activation() : null, x);
            else channels.back(g, y, weight, bias, fused ? epilogue.activation() : null, x);
            return fused;
        }
        long bias = fused && epilogue.bias() != null ? epilogue.bias().address() : 0;
        boolean relu = fused && epilogue.activation() == Op.RELU;
        if (winograd != null && winograd.suits(g) && winograd.back(g, y, weight, bias, relu, x)) return fused;
        var plan = plans.back(g);
        var phases = plan.phases();
        long channel = plan.channel(), depth = (long) g.inputsPerGroup() * g.taps();
        int examples = plan.inPlace() ? g.batch() : (int) Math.clamp(SCRATCH / bytes / (channel * g.outputs()), 1, g.batch());
        var block = plan.inPlace() ? null : scratch(examples * channel * g.outputs());
        var pieces = phases.strided() ? scratch((long) examples * g.inputs() * phases.largest()) : null;
        int clearing = epilogue.isNone() ? phases.clearing() : -1;
        for (int from = 0; from < g.batch(); from += examples) {
            int n = Math.min(examples, g.batch() - from), first = from;
            if (!plan.inPlace()) spread(phases.padding(), y, (long) from * g.outputs(), n * g.outputs(), g.out(), block);
            long source = plan.inPlace() ? y.address() : block.address();
            for (int i = 0; i < phases.phases().size(); i++) {
                var phase = phases.phases().get(i);
                if (clearing >= 0 && phase.taps().length == 0) continue;
                int volume = phase.volume();
                long target = pieces != null ? pieces.address() : x.address() + bytes * first * g.inputs() * g.inVolume();
                run(n, g.groups(), volume, g.inputsPerGroup(), plan.steps()[i].count(), plan.columns()[i], plan.steps()[i],
                        (pieces != null ? pieces : x.storage()).segment(),
                        (example, group) -> new Product(weight.address() + bytes * group * g.outputsPerGroup() * depth, bytes * g.taps(),
                                source + bytes * ((long) example * g.outputs() + group * g.outputsPerGroup()) * channel,
                                target + bytes * ((long) example * g.inputs() + group * g.inputsPerGroup()) * volume, bytes * volume,
                                bias == 0 ? 0 : bias + bytes * group * g.inputsPerGroup(), relu, false));
                if (pieces == null) continue;
                boolean clears = i == clearing;
                Parallel.range((long) n * g.inputs(), Math.max(1, TOGETHER / Math.max(1, volume)), volume * bytes / COPIED,
                        (begin, end) -> {
                            var to = place(x).plus(((long) first * g.inputs() + begin) * g.inVolume());
                            if (clears) to.clear((end - begin) * g.inVolume());
                            copies.merge(place(pieces).plus(begin * volume), phase.count(), to, g.in(), g.stride(), phase.shift(),
                                    new Planes(end - begin, volume, g.inVolume()));
                        });
            }
        }
        return fused;
    }

    /** The gradient by the weight: x is turned channels last, so that a vector holds neighbouring channels and the sum goes over positions. */
    void weight(WindowGeometry g, View x, View y, View weight) {
        if (ChannelConvolution.suits(g) && byPlanes(g)) {
            planes.weight(g, x, y, weight);
            return;
        }
        if (ChannelConvolution.suits(g) && channels.weighs(g)) {
            channels.weight(g, x, y, weight);
            return;
        }
        var plan = plans.weight(g);
        var grid = plan.grid();
        int inputs = g.inputsPerGroup(), depth = inputs * g.taps(), together = plan.examples();
        var turned = scratch((long) together * grid.volume() * g.inputs());
        var sums = g.taps() == 1 ? null : scratch((long) g.outputs() * depth);
        long target = sums == null ? weight.address() : sums.address();
        for (int example = 0; example < g.batch(); example += together) {
            int n = Math.min(together, g.batch() - example), positions = n * g.outVolume();
            turn(g, grid, x, example, n, turned);
            long gradient = y.address() + bytes * example * g.outputs() * g.outVolume(), source = turned.address();
            // A block of positions whose x and y stay in the second-level cache, summed into what earlier blocks left.
            int most = Math.clamp((512 << 10) / element.bytes / (inputs + g.outputsPerGroup()), 400, 4096),
                    blocks = (positions + most - 1) / most, block = (positions + blocks - 1) / blocks;
            for (int from = 0; from < positions; from += block) {
                boolean add = example > 0 || from > 0;
                tiled(1, g.groups(), g.outputsPerGroup(), from, Math.min(block, positions - from), plan.columns(), plan.steps(),
                        (one, group) -> new Product(gradient + bytes * group * g.outputsPerGroup() * g.outVolume(), bytes * g.outVolume(),
                                source + bytes * group * inputs, target + bytes * group * g.outputsPerGroup() * depth, bytes * depth, 0,
                                false, add));
            }
        }
        if (sums != null) {
            Parallel.range(g.outputs(), Math.max(1, 65536 / depth), depth * bytes / COPIED, (begin, end) -> {
                for (long o = begin; o < end; o++)
                    copies.transpose(place(sums).plus(o * depth), inputs, g.taps(), inputs, place(weight).plus(o * depth), g.taps());
            });
        }
    }

    /** Examples of x as (position, channel), padded; lines that no tap reads are left out. */
    private void turn(WindowGeometry g, Grid grid, View x, int first, int examples, Storage turned) {
        int[] padded = grid.sizes(), in = g.in();
        long lines = (long) padded[0] * padded[1], length = (long) padded[2] * g.inputs();
        Parallel.range(examples * lines, Math.max(1, TOGETHER / length), length * bytes / COPIED, (begin, end) -> {
            for (long line = begin; line < end; line++) {
                int i = (int) (line % lines) / padded[1], j = (int) (line % lines) % padded[1];
                if (isSkipped(g, 0, i) || isSkipped(g, 1, j)) continue;
                i -= g.before()[0];
                j -= g.before()[1];
                place(turned).plus(line * length).clear(length);
                int n = Math.min(in[2], padded[2] - g.before()[2]);
                if (i < 0 || i >= in[0] || j < 0 || j >= in[1] || n <= 0) continue;
                long source = (first + line / lines) * g.inputs() * g.inVolume() + ((long) i * in[1] + j) * in[2];
                copies.transpose(place(x).plus(source), g.inVolume(), g.inputs(), n,
                        place(turned).plus(line * length + (long) g.before()[2] * g.inputs()), g.inputs());
            }
        });
    }

    private static boolean isSkipped(WindowGeometry g, int axis, int position) {
        return g.kernel()[axis] == 1 && position % g.stride()[axis] != 0;
    }

    private void spread(Phases phases, View x, long firstChannel, int channels, int[] sizes, Storage block) {
        long volume = View.size(new long[] {sizes[0], sizes[1], sizes[2]}), channel = (long) phases.count() * phases.grid().volume();
        boolean filled = phases.fill(sizes);
        Parallel.range(channels, Math.max(1, TOGETHER / channel), channel * bytes / COPIED, (begin, end) -> {
            if (!filled) place(block).plus(begin * channel).clear((end - begin) * channel);
            for (int phase = 0; phase < phases.count(); phase++) {
                copies.spread(place(x).plus((firstChannel + begin) * volume), sizes, phases.stride(), phases.shift(phase),
                        place(block).plus(begin * channel + (long) phase * phases.grid().volume()), phases.grid().sizes(),
                        new Planes(end - begin, volume, channel));
            }
        });
    }

    /** The product of an example and a group. */
    private interface Item {
        Product product(int example, int group);
    }

    /** All examples and groups; {@code result} holds y. */
    private void run(int examples, int groups, int outputs, int rows, int depth, Columns columns, Steps steps, MemorySegment result,
            Item item) {
        if (!packed.pays(examples, outputs, rows, columns)) {
            tiled(examples, groups, rows, 0, depth, columns, steps, item);
            return;
        }
        for (int group = 0; group < groups; group++) {
            var products = new Product[examples];
            for (int example = 0; example < examples; example++) products[example] = item.product(example, group);
            packed.multiply(products, rows, depth, columns, steps, result);
        }
    }

    /** All rows and columns, cut into pieces by their work alone. */
    private void tiled(int examples, int groups, int rows, int firstStep, int depth, Columns columns, Steps steps, Item item) {
        int width = tiles.width(columns.count()), height = tiles.height(width, rows);
        int panels = (rows + height - 1) / height, across = (columns.count() + width - 1) / width;
        long tile = (long) height * width * tiles.lanes() * Math.max(1, depth);
        // The operand that is larger stays, the other passes by it: rows first where the weight is the larger.
        boolean byRows = rows > columns.count() * tiles.lanes();
        int other = byRows ? across : panels, pieces = byRows ? panels : across;
        Parallel.range((long) examples * groups * pieces, Math.max(1, GRAIN / (tile * other)), tile * other / tiles.pace(),
                (begin, end) -> {
                    for (long piece = begin; piece < end; piece++) {
                        int which = (int) (piece / pieces), p = (int) (piece % pieces);
                        var product = item.product(which / groups, which % groups);
                        if (byRows) tiles.multiply(product, steps, firstStep, depth, p * height, Math.min(rows, (p + 1) * height), columns,
                                0, columns.count());
                        else tiles.multiply(product, steps, firstStep, depth, 0, rows, columns, p * width,
                                Math.min(columns.count(), (p + 1) * width));
                    }
                });
    }
}
