package lyceum.models;

import java.util.Collections;
import java.util.List;
import lyceum.models.fields.FieldEncoding;
import lyceum.models.fields.NeuralField;
import lyceum.models.fields.NeuralFieldConfig;
import lyceum.models.graph.Gat;
import lyceum.models.graph.GatConfig;
import lyceum.models.graph.Gcn;
import lyceum.models.graph.GcnConfig;
import lyceum.models.graph.GraphLayer;
import lyceum.models.graph.GraphPositions;
import lyceum.models.graph.GraphTransformer;
import lyceum.models.graph.GraphTransformerConfig;
import lyceum.models.points.DeepSets;
import lyceum.models.points.DeepSetsConfig;
import lyceum.models.points.PointNet;
import lyceum.models.points.PointNetConfig;
import lyceum.models.points.SetTransformer;
import lyceum.models.points.SetTransformerConfig;
import lyceum.models.threed.Camera;
import lyceum.models.threed.Nerf;
import lyceum.models.threed.NerfConfig;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Models of graphs, sets, points and space. */
final class GraphArchitectures {
    private GraphArchitectures() {}

    static List<Architecture<?, ?>> all() {
        return List.of(
                Architecture.of("Gcn", GcnConfig.class, Gcn.class, Gcn::create, new GcnConfig(3, 6, 2), GraphArchitectures::nodes,
                        GraphArchitectures::told),
                Architecture.of("Gat", GatConfig.class, Gat.class, Gat::create,
                        new GatConfig(3, 2).withWidth(4).withHeads(2).withFeatures(2), GraphArchitectures::nodes, GraphArchitectures::told),
                Architecture.of("GraphTransformer", GraphTransformerConfig.class, GraphTransformer.class, GraphTransformer::create,
                        new GraphTransformerConfig(3, 8, 2, 1, 2).withWalks(2).withHops(3).withDegrees(4).withFeatures(2),
                        GraphArchitectures::nodes, GraphArchitectures::placed),
                Architecture.of("DeepSets", DeepSetsConfig.class, DeepSets.class, DeepSets::create,
                        new DeepSetsConfig(3, 2).withHidden(6).withCode(5), Examples.noise(4, 3)),
                Architecture.of("SetTransformer", SetTransformerConfig.class, SetTransformer.class, SetTransformer::create,
                        new SetTransformerConfig(3, 2).withWidth(8).withHeads(2).withInduced(3).withLayers(1), Examples.noise(4, 3)),
                Architecture.of("PointNet", PointNetConfig.class, PointNet.class, PointNet::create,
                        PointNetConfig.small(3).withLocal(List.of(6)).withTrunk(List.of(8)).withHead(List.of(6))
                                .withTransformTrunk(List.of(6)).withTransformHead(List.of(5)),
                        Examples.noise(7, 3)),
                Architecture.of("NeuralField", NeuralFieldConfig.class, NeuralField.class, NeuralField::create,
                        new NeuralFieldConfig(2, 3).withHidden(8).withLayers(2).withEncoding(new FieldEncoding.Grid(2, 2, 6, 3, 6)),
                        (n, rng) -> List.of(Tensor.rand(rng, n, 2).mul(2).sub(1))),
                Architecture.of("Nerf", NerfConfig.class, Nerf.class, Nerf::create,
                        new NerfConfig(0.5, 2).withSamples(4).withFine(3).withFrequencies(2).withDirectionFrequencies(1).withWidth(8)
                                .withLayers(1),
                        (n, rng) -> List.of(Tensor.randn(rng, n, 3).mul(0.1), Tensor.randn(rng, n, 3)), GraphArchitectures::rendered,
                        (m, x, pass) -> {
                            var seen = m.render(new Camera.Rays(x.get(0), x.get(1)), pass);
                            return seen.getFirst().colour().square().mean().add(seen.getLast().colour().square().mean());
                        }));
    }

    private static List<Tensor> nodes(int n, Rng rng) { return List.of(Tensor.randn(rng, n, Examples.NODES, 3)); }

    private static Tensor told(GraphLayer model, List<Tensor> x, Pass pass) {
        return model.forward(Examples.graphs((int) x.getFirst().size(0)), x.getFirst().reshape(-1, 3), pass);
    }

    private static Tensor placed(GraphTransformer model, List<Tensor> x, Pass pass) {
        int n = (int) x.getFirst().size(0);
        var positions = GraphPositions.batch(Collections.nCopies(n, model.positions(Examples.graphs(1))));
        return model.forward(Examples.graphs(n), x.getFirst().reshape(-1, 3), positions, pass);
    }

    private static Tensor rendered(Nerf model, List<Tensor> x, Pass pass) {
        return model.render(new Camera.Rays(x.get(0), x.get(1)), pass).getLast().colour();
    }
}
