package lyceum.labs.nn;

import static lyceum.testing.Bound.atLeast;

import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.loss.TripletLoss;
import lyceum.nn.loss.TripletMining;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TripletDigitsTest {

    @Test
    @Tag("slow")
    @Acceptance(topic = "triplet-loss", clause = 4) void semiHardTripletsSeparateDigitsInThePlane() {
        var rng = Rng.of(1);
        var parts = Split.random(Datasets.digits().to(DType.F32).scaled(1.0 / 16), rng, 0.8, 0.2);
        Dataset train = parts.get(0), test = parts.get(1);
        var network = new Linear(64, 128, rng).then(Activation.RELU).then(new Linear(128, 64, rng)).then(Activation.RELU)
                .then(new Linear(64, 2, rng));
        double before = accuracy(network, train, test);
        var loss = new TripletLoss().withMining(TripletMining.SEMI_HARD);
        var optimizer = new Adam(2e-3).over(network.parameters());
        for (int step = 0; step < 600; step++) {
            try (var scope = Scope.open()) {
                var batch = train.rows(rng.sample(train.size(), 100));
                optimizer.zeroGrad();
                loss.of(network.forward(batch.x()), batch.y()).backward();
                optimizer.step();
            }
        }
        double after = accuracy(network, train, test);
        Evidence.of("1-NN accuracy on held-out images", after, atLeast(0.93));
        Evidence.of("points above the untrained network's", 100 * (after - before), atLeast(15));
    }

    /** Of the nearest neighbour in the embedding of the training images. */
    private static double accuracy(Layer network, Dataset train, Dataset test) {
        var known = network.forward(train.x()).detach().to(DType.F64);
        var asked = network.forward(test.x()).detach().to(DType.F64);
        return new KNeighborsClassifier(1).fit(known, train.y()).predict(asked).eq(test.y()).to(DType.F64).mean().item();
    }
}
