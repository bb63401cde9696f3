package lyceum.labs.core;

import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.backend.simt.Buffer;
import lyceum.backend.simt.Dim;
import lyceum.backend.simt.Kernel;
import lyceum.backend.simt.Kernels;
import lyceum.backend.simt.Report;
import lyceum.backend.simt.Request;
import lyceum.backend.simt.Simt;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.plot.Series;

/** A matrix is transposed by three kernels; one warp is followed from access to access. */
@Lab(topics = "cuda", title = "Step through a warp")
final class WarpLab implements LabBody {
    private static final Dim BLOCK = new Dim(32, 32);

    /** Words of a sector. */
    private static final int SECTOR = 8;

    @Override public void run(LabContext lab) {
        int side = 32 * lab.param("tiles", 3, 1, 8), warp = lab.param("warp", 5, 0, 31), padding = lab.param("padding", 1, 0, 8);
        var rng = lab.rng(1);
        var values = new float[side * side];
        for (int i = 0; i < values.length; i++) values[i] = (float) rng.nextDouble();
        var names = new String[] {"naive", "tiled", "tiled, rows of " + (32 + padding)};
        var kernels = List.of(Kernels.naiveTranspose(), Kernels.tiledTranspose(0), Kernels.tiledTranspose(padding));
        List<Plot> frames = new ArrayList<>();
        List<String> steps = new ArrayList<>();
        var rows = new ArrayList<List<?>>();
        var reports = new ArrayList<Report>();
        int wrong = 0;
        for (int i = 0; i < kernels.size(); i++) {
            var seen = new ArrayList<Request>();
            var out = Buffer.floats(values.length);
            var report = transpose(new Simt().withListener(r -> {
                if (r.block() == 0 && r.warp() == warp) seen.add(r);
            }), kernels.get(i), values, out, side);
            reports.add(report);
            for (var request : seen) {
                steps.add(steps.size() + 1 + " " + names[i]);
                frames.add(frame(names[i], request));
            }
            float[] moved = out.toFloats();
            for (int j = 0; j < moved.length; j++) if (moved[j] != values[j % side * side + j / side]) wrong++;
            rows.add(List.of(names[i], report.sectors(), 100 * report.coalescing(), report.conflicts(), report.worstConflict(),
                    100 * report.occupancy().share(), report.instructions()));
        }
        lab.figure(Figure.frames("What one warp asks of memory, access by access", "access", frames).labelled(steps.toArray(String[]::new))
                .describedAs(
                        "A row costs four sectors. The naive kernel's writes touch one sector a lane; the tile's columns meet in one bank until its rows are longer."));
        lab.figure(Figure
                .bars("The whole transpose", names,
                        Series.of("sectors of global memory", reports.stream().mapToDouble(Report::sectors).toArray()),
                        Series.of("passes lost to bank conflicts", reports.stream().mapToDouble(Report::conflicts).toArray()))
                .axes("kernel", "transactions")
                .describedAs("The tile cuts the sectors to less than half and pays in bank conflicts; the padding takes those away."));
        lab.table("Three kernels on a matrix of " + side + " x " + side,
                List.of("kernel", "sectors", "coalesced (%)", "passes lost", "worst conflict", "occupancy (%)", "instructions"), rows);
        var racing = transpose(new Simt(), kernels.get(2).withoutBarrier(0), values, Buffer.floats(values.length), side).races();
        lab.say("Without its barrier the tiled kernel races in %d places: %s.", racing.size(), racing.getFirst());
        lab.table("The last kernel as a card's compiler gets it", List.of("CUDA C"),
                kernels.get(2).cuda().lines().map(line -> List.of(line.replace(' ', '\u00a0'))).toList());
        lab.shows("elements that a kernel put elsewhere", wrong, exactly(0));
        lab.shows("sectors of the naive kernel's store by a warp", reports.get(0).accesses().getLast().worst(), exactly(32));
        lab.shows("ways of the conflict in the unpadded tile", reports.get(1).worstConflict(), exactly(32));
        if (padding % 2 == 1) lab.shows("ways of the conflict in the padded tile", reports.get(2).worstConflict(), exactly(1));
    }

    private static Report transpose(Simt simt, Kernel kernel, float[] values, Buffer out, int side) {
        return simt.launch(kernel, new Dim(side / 32, side / 32), BLOCK, Buffer.of(values), out, side, side);
    }

    /** Lanes against the banks where their words lie, or the sectors, numbered as the warp meets them. */
    private static Plot frame(String kernel, Request request) {
        boolean shared = request.memory().isShared();
        var sectors = new ArrayList<Integer>();
        double[] lanes = new double[32], places = new double[32];
        for (int lane = 0; lane < 32; lane++) {
            int word = request.words()[lane];
            if (!sectors.contains(word / SECTOR)) sectors.add(word / SECTOR);
            lanes[lane] = lane;
            places[lane] = shared ? word % 32 : sectors.indexOf(word / SECTOR);
        }
        return Figure.plot(kernel + ": " + request.text()).points("lanes", lanes, places).limitY(0, 31)
                .axes("lane of the warp", shared ? "bank of shared memory" : "sector of 32 bytes")
                .describedAs(request.memory().name() + " takes " + request.transactions() + (shared ? " pass" : " sector")
                        + (request.transactions() == 1 ? "" : shared ? "es" : "s") + ".");
    }
}
