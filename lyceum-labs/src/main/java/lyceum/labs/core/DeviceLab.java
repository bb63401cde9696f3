package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.List;
import lyceum.backend.Backend;
import lyceum.backend.device.DeviceModel;
import lyceum.backend.device.DeviceSimulation;
import lyceum.backend.device.DeviceSimulation.Engine;
import lyceum.backend.device.Placement;
import lyceum.backend.device.SimulatedDevice;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** One network on each back end by the clock, and behind a simulated bus: when copying costs more than computing. */
@Lab(topics = "gpu-acceleration", title = "In the lorry or in the factory")
final class DeviceLab implements LabBody {
    private static final int BATCHES = 6;

    @Override public void run(LabContext lab) {
        int batch = lab.param("batch", 64, 1, 512), hidden = lab.param("hidden", 512, 64, 2048);
        double bus = lab.param("busGigabytes", 64, 1, 900);
        String placed = lab.choice("placement", "device", "device", "faster");
        BackendTimes.show(lab);

        var model = DeviceModel.H100.withBusBytes(bus * 1e9);
        var device = new SimulatedDevice(model, Backend.current(), placed.equals("device") ? Placement.device() : Placement.faster());
        var network = new Mlp(MlpConfig.classifier(784, 10, hidden, hidden), lab.rng(8));
        var results = new ArrayList<Tensor>();
        for (int i = 0; i < BATCHES; i++) {
            var x = Tensor.randn(lab.rng(1 + i), batch, 784).compute();
            Backend.with(device.backend(), () -> results.add(network.forward(x).compute()));
            device.fetch(results.getLast().view());
        }
        var report = device.report();
        var rows = new ArrayList<List<?>>();
        for (var row : report.rows())
            rows.add(List.of(row.operator(), row.onDevice() ? "device" : "CPU", row.calls(), row.time() * 1e-6, row.bytesIn() / 1e3,
                    row.bytesOut() / 1e3));
        lab.table("Operators of " + BATCHES + " batches",
                List.of("operator", "where", "calls", "time [us]", "in for it [kB]", "back for it [kB]"), rows);
        var schedule = report.schedule();
        long copies = schedule.busy(Engine.COPY_IN) + schedule.busy(Engine.COPY_OUT), kernels = schedule.busy(Engine.KERNELS);
        lab.figure(EngineTurns.of(schedule));
        lab.say("%.0f kB went in and %.0f kB came back in %.0f us; the kernels took %.0f us, all together %.0f us. The device held %.1f MB at most.",
                report.bytesIn() / 1e3, report.bytesOut() / 1e3, copies * 1e-6, kernels * 1e-6, schedule.makespan() * 1e-6,
                report.peak() / 1e6);
        lab.figure(throughput(lab, model, hidden));

        var pipeline = new DeviceSimulation(model.withLaunch(0));
        pipeline.pipeline(1000, 3_000, 5_000, 1_000, 3);
        lab.shows("pipeline of 1,000 batches over its slowest engine", pipeline.run().makespan() / 5e6, between(1, 1.01));
        lab.shows("time over the sum of launches, copies, kernels and the CPU's work",
                schedule.makespan() / (double) (copies + kernels + schedule.busy(Engine.CPU)), atMost(1));
    }

    /** Samples a second of one layer by batch: data on the device already, and over the bus. */
    private static Figure throughput(LabContext lab, DeviceModel model, int hidden) {
        double[] batches = new double[22], resident = new double[22], carried = new double[22];
        double knee = model.kneeBatch(hidden, hidden), bytes = 4.0 * hidden;
        for (int i = 0; i < batches.length; i++) {
            double b = batches[i] = Math.rint(Math.pow(2, 0.75 * i));
            DeviceSimulation alone = new DeviceSimulation(model), withBus = new DeviceSimulation(model);
            for (int step = 0; step < 50; step++) {
                alone.kernel(0, 2 * b * hidden * hidden, 2 * b * bytes + hidden * bytes);
                withBus.kernel(step % 3, 2 * b * hidden * hidden, 2 * b * bytes + hidden * bytes, withBus.copyIn(step % 3, b * bytes));
            }
            resident[i] = 50 * b / (alone.run().makespan() * 1e-12);
            carried[i] = 50 * b / (withBus.run().makespan() * 1e-12);
        }
        lab.say("The knee of a layer %d x %d lies at a batch of %.0f.", hidden, hidden, knee);
        return Figure.plot("Throughput by batch").line("data on the device", batches, resident).line("data over the bus", batches, carried)
                .verticalLine(knee, "knee").axes("batch", "samples per second").logX().logY().describedAs(
                        "Launches and the reading of the weights are shared by a batch until arithmetic takes longer; over the bus the copies are the roof.");
    }
}
