package lyceum.train.compress;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.BatchLoss;
import lyceum.train.History;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LotteryTicketTest {
    private static final Dataset DIGITS = Datasets.digits().to(DType.F32).scaled(1 / 16.0);

    private static Mlp network(long seed) { return new Mlp(MlpConfig.classifier(64, 10, 32), Rng.of(seed)); }

    @Test
    @Acceptance(topic = "lottery-ticket", clause = 1) void masksAreRespectedAndWeightsRewound() {
        var model = network(1);
        var initial = model.state().get("layers.0.weight").toDoubleArray();
        long moved = 0, seen = 0, unlike = 0, grown = 0;
        var search = new LotteryTicket(new Trainer(new Adam(3e-3), 2).withBatchSize(50), 0.3, 3);
        var tickets = search.find(model, Loss::crossEntropy, DIGITS.head(500), null, Rng.of(2), Progress.SILENT);
        boolean[] before = null;
        for (var ticket : tickets) {
            var net = ticket.network(model);
            var stays = ticket.masks().kept("layers.0.weight").toBooleanArray();
            var begun = net.state().get("layers.0.weight").toDoubleArray();
            for (int i = 0; i < stays.length; i++) {
                if (Double.doubleToLongBits(begun[i]) != Double.doubleToLongBits(stays[i] ? initial[i] : 0.0)) unlike++;
                if (before != null && stays[i] && !before[i]) grown++;
            }
            before = stays;
            search.withTrainer(search.trainer().withEpochs(4)).train(net, ticket.masks(), Loss::crossEntropy, DIGITS.head(500), null,
                    Rng.of(3));
            var after = net.state().get("layers.0.weight").toDoubleArray();
            for (int i = 0; i < stays.length; i++) if (!stays[i]) {
                seen++;
                if (Double.doubleToLongBits(after[i]) != 0) moved++;
            }
            assertThat(after).isNotEqualTo(begun);
        }
        // Back to the fifth step: what a run without masks holds there, tensor by tensor.
        var five = Module.copy(model);
        var data = DIGITS.head(500);
        var run = search.trainer().start(five, 500, BatchLoss.of(five, Loss::crossEntropy, data), null, Rng.of(2));
        for (int step = 0; step < 5; step++) run.step();
        int tensors = 0;
        for (var ticket : search.withRewindTo(5).withRounds(2).find(model, Loss::crossEntropy, data, null, Rng.of(2), Progress.SILENT)) {
            var begun = ticket.network(model).state();
            for (var entry : five.state().entrySet()) {
                double[] stored = entry.getValue().toDoubleArray(), now = begun.get(entry.getKey()).toDoubleArray();
                var mask = ticket.masks().kept().get(entry.getKey());
                var stays = mask == null ? null : mask.toBooleanArray();
                for (int i = 0; i < now.length; i++)
                    if (Double.doubleToLongBits(now[i]) != Double.doubleToLongBits(stays == null || stays[i] ? stored[i] : 0)) unlike++;
                tensors++;
            }
        }
        Evidence.of("tensors rewound to the fifth step", tensors, exactly(2 * 4));
        Evidence.of("masked weights seen after training", seen, above(1000));
        Evidence.of("that are not 0, bit for bit", moved, exactly(0));
        Evidence.of("rewound weights that differ from the stored ones", unlike, exactly(0));
        Evidence.of("weights that came back in a later round", grown, exactly(0));
        Evidence.of("sparsity beside 1 - 0.7^3", Math.abs(tickets.getLast().sparsity() - (1 - 0.343)), atMost(1e-3));
    }

    /** Shared by the two clauses that speak of the same five seeds. */
    private record Seeds(double dense, double ticket, double reinitialised, double oneShot, double denseSteps, double ticketSteps) {
        private static Seeds measured;

        static synchronized Seeds measured() {
            if (measured != null) return measured;
            var data = Fashion.of(5000);
            Dataset train = data.train().head(3000), validation = data.train().range(3000, 5000);
            var sum = new double[6];
            for (int seed = 0; seed < 5; seed++) {
                var rng = Rng.of(900 + seed);
                var model = new Mlp(MlpConfig.classifier(784, 10, 300, 100), rng.split(1));
                var search = new LotteryTicket(new Trainer(new Adam(1.2e-3), 12).withBatchSize(60), 0.2, 15).withScope(Pruner.Scope.GLOBAL);
                var tickets = search.find(model, Loss::crossEntropy, train, validation, rng.split(2), Progress.SILENT);
                var all = Pruner.magnitude(0).masks(model);
                Module dense = Module.copy(model), winner = tickets.getLast().network(model), sparse = tickets.get(6).network(model);
                Module control = tickets.getLast().reinitialised(new Mlp(model.config(), rng.split(3)));
                var once = search.oneShot().find(model, Loss::crossEntropy, train, null, rng.split(2), Progress.SILENT).getLast();
                Module single = once.network(model);
                var whole = search.train(dense, all, Loss::crossEntropy, train, validation, rng.split(2));
                search.train(winner, tickets.getLast().masks(), Loss::crossEntropy, train, null, rng.split(2));
                search.train(control, tickets.getLast().masks(), Loss::crossEntropy, train, null, rng.split(2));
                search.train(single, once.masks(), Loss::crossEntropy, train, null, rng.split(2));
                var early = search.train(sparse, tickets.get(6).masks(), Loss::crossEntropy, train, validation, rng.split(2));
                double reached = whole.epochs().getLast().validation();
                double[] values = {Fashion.accuracy(dense, data.test()), Fashion.accuracy(winner, data.test()),
                        Fashion.accuracy(control, data.test()), Fashion.accuracy(single, data.test()), steps(whole, reached),
                        steps(early, reached)};
                for (int i = 0; i < 6; i++) sum[i] += values[i] / 5;
            }
            return measured = new Seeds(sum[0], sum[1], sum[2], sum[3], sum[4], sum[5]);
        }

        /** Steps until the validation loss is reached for the first time; twice as many as there are if never. */
        private static double steps(History history, double reached) {
            for (var epoch : history.epochs()) if (epoch.validation() <= reached) return epoch.steps();
            return 2.0 * history.epochs().getLast().steps();
        }
    }

    @Test
    @Tag("heavy")
    @Acceptance(topic = "lottery-ticket", clause = 2) void theTicketBeatsItsMaskAtOtherValues() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var seeds = Seeds.measured();
        Evidence.of("dense accuracy (%)", seeds.dense, above(80));
        Evidence.of("points below dense at 96.5% sparsity", seeds.dense - seeds.ticket, atMost(1));
        Evidence.of("points above the same mask reinitialised", seeds.ticket - seeds.reinitialised, atLeast(1));
        Evidence.of("points above the one-shot ticket", seeds.ticket - seeds.oneShot, atLeast(-0.3));
    }

    @Test
    @Tag("heavy")
    @Acceptance(topic = "lottery-ticket", clause = 3) void theTicketLearnsNoSlower() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var seeds = Seeds.measured();
        Evidence.of("iterations of the ticket less those of the dense network", seeds.ticketSteps - seeds.denseSteps, atMost(0));
    }

    @Test void theScheduleIsRewoundWithTheWeights() {
        var schedule = new Schedule.Cosine(20).warmedUp(5);
        var data = DIGITS.head(300);
        var search = new LotteryTicket(new Trainer(new Adam(3e-3), 2).withBatchSize(50).withSchedule(schedule), 0.3, 3).withRewindTo(4);
        var tickets = search.find(network(6), Loss::crossEntropy, data, null, Rng.of(1), Progress.SILENT);
        for (int round = 0; round < 3; round++)
            assertThat(tickets.get(round).history().epochs()).extracting(History.Epoch::rateFactor)
                    .containsExactly(schedule.factor(6 + (round == 0 ? 0 : 4)), schedule.factor(12 + (round == 0 ? 0 : 4)));
        var control = search.withRewindTo(0).train(network(6), Pruner.magnitude(0).masks(network(6)), Loss::crossEntropy, data, null,
                Rng.of(1));
        assertThat(control.epochs().getFirst().rateFactor()).isEqualTo(schedule.factor(6));
    }

    @Test void controlsKeepTheCountsAndRewindingIsEarly() {
        var model = network(4);
        var trainer = new Trainer(new Adam(3e-3), 2).withBatchSize(50);
        var data = DIGITS.head(300);
        var ticket = new LotteryTicket(trainer, 0.5, 1).withScope(Pruner.Scope.GLOBAL)
                .find(model, Loss::crossEntropy, data, data, Rng.of(1), Progress.SILENT).getLast();
        assertThat(ticket.sparsity()).isCloseTo(0.5, within(1e-3));
        assertThat(ticket.shuffled(Rng.of(2)).masks().sparsities()).isEqualTo(ticket.masks().sparsities());
        assertThat(ticket.random(Rng.of(2)).masks().keptCount()).isEqualTo(ticket.masks().keptCount());
        var early = new LotteryTicket(trainer, 0.5, 1).withRewindTo(4)
                .find(model, Loss::crossEntropy, data, null, Rng.of(1), Progress.SILENT).getLast();
        var four = Module.copy(model);
        var run = trainer.start(four, 300, BatchLoss.of(four, Loss::crossEntropy, data), null, Rng.of(1));
        for (int i = 0; i < 4; i++) run.step();
        assertThat(early.values().get("layers.0.weight").toDoubleArray()).isEqualTo(four.state().get("layers.0.weight").toDoubleArray());
        assertThat(new LotteryTicket(trainer, 0.2, 15).oneShot().share()).isCloseTo(0.9648, within(1e-4));
        assertThatThrownBy(() -> new LotteryTicket(trainer, 1, 1)).hasMessageContaining("share is 1.0");
    }
}
