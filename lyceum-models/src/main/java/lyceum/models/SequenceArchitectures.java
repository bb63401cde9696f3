package lyceum.models;

import java.util.Arrays;
import java.util.List;
import lyceum.models.sequence.AdditionLanguage;
import lyceum.models.sequence.ContinuousThoughtMachine;
import lyceum.models.sequence.EncoderDecoder;
import lyceum.models.sequence.Mamba;
import lyceum.models.sequence.MambaConfig;
import lyceum.models.sequence.NeuralProgramInterpreter;
import lyceum.models.sequence.Perceiver;
import lyceum.models.sequence.PerceiverConfig;
import lyceum.models.sequence.PointerConfig;
import lyceum.models.sequence.PointerNetwork;
import lyceum.models.sequence.RecurrentModel;
import lyceum.models.sequence.Rwkv;
import lyceum.models.sequence.RwkvConfig;
import lyceum.models.sequence.S4d;
import lyceum.models.sequence.S4dConfig;
import lyceum.models.sequence.Seq2SeqConfig;
import lyceum.models.sequence.ThoughtConfig;
import lyceum.models.sequence.XLstm;
import lyceum.models.sequence.XLstmConfig;
import lyceum.models.sequence.XLstmConfig.Cell;
import lyceum.tensor.Tensor;

/** Models of sequences and programs. */
final class SequenceArchitectures {
    private static final int TOKENS = 11;

    private SequenceArchitectures() {}

    static List<Architecture<?, ?>> all() {
        var addition = new AdditionLanguage(true);
        return List.of(
                Architecture.of("Mamba", MambaConfig.class, Mamba.class, Mamba::new, new MambaConfig(8).withState(4), Examples.noise(6, 8)),
                Architecture.of("S4d", S4dConfig.class, S4d.class, S4d::new, new S4dConfig(6).withState(4).withGated(true),
                        Examples.noise(6, 6)),
                Architecture.of("Rwkv", Rwkv.Plan.class, RecurrentModel.class, Rwkv.Plan::build,
                        new Rwkv.Plan(new RwkvConfig(8, 2).withVersion(RwkvConfig.Version.V6).withHeadWidth(4).withRank(3).withHidden(12),
                                TOKENS),
                        (n, rng) -> List.of(Examples.ids(rng, TOKENS, n, 6))),
                Architecture.of("XLstm", XLstm.Plan.class, RecurrentModel.class, XLstm.Plan::build,
                        new XLstm.Plan(new XLstmConfig(8, 2, 2, Cell.MATRIX).withBlocks(List.of(Cell.MATRIX, Cell.SCALAR)), TOKENS),
                        (n, rng) -> List.of(Examples.ids(rng, TOKENS, n, 6))),
                Architecture.of("EncoderDecoder", Seq2SeqConfig.class, EncoderDecoder.class, Seq2SeqConfig::build,
                        new Seq2SeqConfig(TOKENS, TOKENS, 6, 5),
                        (n, rng) -> List.of(Examples.ids(rng, TOKENS, n, 5), Examples.ids(rng, TOKENS, n, 4)),
                        (m, x, pass) -> m.forward(x.get(0), null, x.get(1), pass)),
                Architecture.of("PointerNetwork", PointerConfig.class, PointerNetwork.class, PointerNetwork::new, new PointerConfig(2, 8),
                        (n, rng) -> List.of(Tensor.randn(rng, n, 4, 2), Tensor.arange(4).expand(n, 4)),
                        (m, x, pass) -> m.forward(x.get(0), null, x.get(1), pass).exp()),
                Architecture.of("Perceiver", PerceiverConfig.class, Perceiver.class, Perceiver::new,
                        new PerceiverConfig(3, 4, 8, 2).withHeads(2).withLayers(1).withReadings(2).withQueries(5),
                        (n, rng) -> List.of(Tensor.randn(rng, n, 6, 3), Tensor.randn(rng, n, 2, 5)), (m, x, pass) -> {
                            var z = m.encode(x.getFirst(), null, pass);
                            return Tensor.concat(1, m.forward(x.getFirst(), pass).unsqueeze(1), m.query(z, x.get(1), pass));
                        }),
                Architecture.of("ContinuousThoughtMachine", ThoughtConfig.class, ContinuousThoughtMachine.class,
                        ContinuousThoughtMachine::new, new ThoughtConfig(3, 3, 8, 4).withHistory(3).withPairs(6).withWidth(8),
                        Examples.noise(5, 3)),
                Architecture.of("NeuralProgramInterpreter", NeuralProgramInterpreter.Plan.class, NeuralProgramInterpreter.class,
                        NeuralProgramInterpreter.Plan::build, new NeuralProgramInterpreter.Plan(addition, 8),
                        (n, rng) -> List.of(
                                Tensor.rand(rng, n, Arrays.stream(addition.sensors()).sum() + Arrays.stream(addition.arguments()).sum())),
                        (m, x, pass) -> m.forward(x.getFirst(), pass),
                        (m, x, pass) -> m.loss(addition.trace(AdditionLanguage.world(7, 5), AdditionLanguage.ADD).frames(), pass)));
    }
}
