package lyceum.labs.serve;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.serve.constrain.Grammar;
import lyceum.serve.constrain.GrammarConstraint;
import lyceum.serve.constrain.TokenPieces;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** A model that never learned anything writes JSON: what the mask leaves at each step, and a text that parses whatever was drawn. */
@Lab(topics = "constrained-decoding", title = "A monkey that types valid JSON")
final class ConstrainedDecodingLab implements LabBody {
    private static final int END = 256;
    private static final String PERSON = """
            {"type": "object", "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 0, "maximum": 130},
            "tags": {"type": "array", "items": {"enum": ["red", "blue", "ürban"]}, "maxItems": 3}}, "required": ["name", "age"], "additionalProperties": false}""";

    @Override public void run(LabContext lab) {
        var rule = lab.choice("rule", "a person", "a person", "any JSON");
        int budget = lab.param("tokens at most", 60, 30, 200), texts = lab.param("texts", 20, 5, 200);
        var grammar = rule.equals("any JSON") ? Grammar.json() : Grammar.jsonSchema(PERSON);
        var pieces = pieces();
        var model = new DecoderLM(DecoderConfig.llama(pieces.vocabulary(), 256, 1, 16, 2, 2, 32), lab.rng(1));
        var constraint = new GrammarConstraint(grammar, pieces, END).within(budget);

        var text = generated(model, constraint, budget, lab, 0);
        var state = constraint.start();
        var counts = new double[text.length];
        var shortest = new double[text.length];
        var rows = new ArrayList<List<?>>();
        for (int t = 0; t < text.length; t++) {
            var allowed = new long[(pieces.vocabulary() + 63) / 64];
            state.allowed(allowed);
            for (long word : allowed) counts[t] += Long.bitCount(word);
            shortest[t] = state.shortest();
            rows.add(List.of(t + 1, text[t] == END ? "(end)" : spelled(pieces, text[t]), (int) counts[t], (int) shortest[t]));
            state.accept(text[t]);
        }
        lab.say("Written by random weights under the mask: %s", spelled(pieces, text));
        lab.table("Step by step", List.of("step", "token", "tokens that might come", "bytes to the shortest end"), rows);
        lab.figure(Figure.line("What the mask leaves", 1, counts).logY().axes("step", "tokens that may come").describedAs(
                "The number of tokens allowed at each step: hundreds within a string, one or two where the schema dictates, few where the budget runs out."));

        int valid = 0, free = 0;
        for (int i : lab.progress("texts", texts)) {
            if (parses(spelled(pieces, generated(model, constraint, budget, lab, i)))) valid++;
            if (parses(spelled(pieces, generated(model, null, budget, lab, i)))) free++;
        }
        lab.shows("texts that another parser takes, with the mask, of all", (double) valid / texts, exactly(1));
        lab.shows("and without it", (double) free / texts, atMost(0.05));
    }

    private static int[] generated(DecoderLM model, GrammarConstraint constraint, int budget, LabContext lab, int number) {
        var stop = new StopCriteria(budget).withEnds(Set.of(END));
        var request = new GenerationRequest(new int[] {0}, SamplingOptions.DEFAULT, stop, lab.rng(2).split(number))
                .withConstraint(constraint);
        return new CausalGenerator(model).run(List.of(request), Progress.SILENT).getFirst().ids();
    }

    private static boolean parses(String text) {
        try {
            return !JsonMapper.builder().build().readTree(text).isMissingNode();
        } catch (JacksonException e) {
            return false;
        }
    }

    /** Bytes, an end mark, and some pieces that lie across what a grammar tells apart. */
    private static TokenPieces pieces() {
        var all = new ArrayList<byte[]>();
        for (int b = 0; b < 256; b++) all.add(new byte[] {(byte) b});
        all.add(null);
        for (var piece : "{\" \": \" \", \" \"} \"]} ]} [\" \": [\" the in er \"name \"age \": 1 20 -0 true null ü rb".split(" "))
            all.add(piece.getBytes(StandardCharsets.UTF_8));
        return new TokenPieces(all);
    }

    private static String spelled(TokenPieces pieces, int... ids) {
        var out = new ByteArrayOutputStream();
        for (int id : ids) if (id != END) out.writeBytes(pieces.bytes(id));
        return out.toString(StandardCharsets.UTF_8);
    }
}
