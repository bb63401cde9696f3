package lyceum.labs.serve;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.BlockTable;
import lyceum.serve.schedule.KvAllocator;
import lyceum.serve.schedule.Reservations;
import lyceum.serve.simulate.Arrival;

/** One memory handed out in blocks by need and in one piece for the worst case: who gets in, what lies idle, and how forks share. */
@Lab(topics = {"paged-attention", "paged-vs-contiguous-kv"}, title = "Memory by the page")
final class KvMemoryLab implements LabBody {
    private record Text(BlockTable table, int end, int name) {}

    /** Texts in one memory, those that wait behind them. */
    private static final class World {
        final KvAllocator memory;
        final List<Text> texts = new ArrayList<>();
        int next, most, looks;
        double wasted;

        World(KvAllocator memory) { this.memory = memory; }

        /** Each text grows by a position; those at their end leave, others come in. */
        void step(List<Arrival> trace, int longest) {
            for (int i = texts.size() - 1; i >= 0; i--)
                if (texts.get(i).table.length() >= texts.get(i).end || !texts.get(i).table.grow(1)) texts.remove(i).table.close();
            while (next < trace.size()) {
                var request = trace.get(next);
                var table = memory.open(longest);
                if (table == null) break;
                if (!table.grow(request.prompt().length)) {
                    table.close();
                    break;
                }
                texts.add(new Text(table, request.prompt().length + request.output(), ++next));
            }
            most = Math.max(most, texts.size());
            wasted += memory.fragmentation();
            looks++;
        }

        Figure map(String title, int across) {
            var cells = new double[memory.blocks() / across][across];
            for (var text : texts) for (int block : text.table.toArray()) cells[block / across][block % across] = 1 + text.name % 12;
            return Figure.heatmap(title, cells).axes("block", "row of blocks").describedAs("A colour a text, the lowest for free blocks.");
        }
    }

    @Override public void run(LabContext lab) {
        int blocks = lab.param("blocks", 256, 64, 1024) / 32 * 32, size = lab.param("slots of a block", 16, 1, 64);
        int longest = Math.min(lab.param("longest text", 512, 128, 1024), blocks * size), steps = lab.param("steps", 240, 40, 1000);
        double sigma = lab.param("spread of lengths", 0.8, 0.1, 1.5);
        var trace = Arrival.poisson(2000, Double.POSITIVE_INFINITY, Arrival.lognormal(60, sigma, longest / 2),
                Arrival.lognormal(60, sigma, longest / 2), lab.rng(1));
        World paged = new World(new BlockPool(blocks, size)), reserved = new World(new Reservations(blocks, size));
        List<Figure> pages = new ArrayList<>(), lines = new ArrayList<>();
        for (int step : lab.progress("steps", steps)) {
            paged.step(trace, longest);
            reserved.step(trace, longest);
            if (step % Math.max(1, steps / 12) > 0) continue;
            pages.add(paged.map("Blocks by need", 32));
            lines.add(reserved.map("Reserved for the longest", 32));
        }
        lab.figure(Figure.frames("Blocks by need", "moment", pages)
                .describedAs("Texts take blocks wherever one is free: the memory is full of them."));
        lab.figure(Figure.frames("Reserved for the longest", "moment", lines)
                .describedAs("A few texts hold long pieces that they hardly fill."));
        lab.table("The same memory", List.of("memory", "texts at once", "mean share of reserved slots that hold nothing"),
                List.of(List.of("pages", paged.most, paged.wasted / paged.looks),
                        List.of("reserved", reserved.most, reserved.wasted / reserved.looks)));
        lab.shows("paged-attention", "texts at once over reservation", (double) paged.most / reserved.most, atLeast(2));
        lab.shows("paged-vs-contiguous-kv", "share of slots wasted in pages", paged.wasted / paged.looks, below(0.15));
        lab.shows("paged-vs-contiguous-kv", "share of slots wasted by reservation", reserved.wasted / reserved.looks, above(0.5));
        forks(lab, size);
    }

    /** Eight samples of one prompt. */
    private static void forks(LabContext lab, int size) {
        var pool = new BlockPool(400, size);
        var samples = new ArrayList<>(List.of(pool.open(13 * size)));
        samples.getFirst().grow(10 * size + size / 2);
        while (samples.size() < 8) samples.add(samples.getFirst().fork());
        var taken = new double[2 * size];
        for (int t = 0; t < taken.length; t++) {
            taken[t] = pool.blocks() - pool.freeBlocks();
            for (var sample : samples) sample.grow(1);
        }
        lab.figure(Figure.line("Blocks of eight samples of one prompt", taken).axes("ids written by each", "blocks")
                .describedAs("Before they write they share all; the first write copies the half-filled block, later ones take their own."));
        lab.shows("paged-attention", "blocks before they part, over one prompt's", taken[0] / 11, below(1.2));
    }
}
