package lyceum.serve.http;

import java.util.Objects;
import java.util.Set;
import lyceum.llm.chat.ChatTemplate;
import lyceum.llm.chat.LoadedModel;
import lyceum.serve.Engine;
import lyceum.serve.EngineOptions;
import lyceum.serve.constrain.TokenPieces;
import lyceum.text.Tokenizer;
import lyceum.text.encoder.TextEncoder;
import lyceum.withers.Withers;

/**
 * What a server offers under a name.
 *
 * @param name as {@code model} says it
 * @param engine that writes texts
 * @param tokenizer of its model
 * @param template of conversations; null if the model was not taught any
 * @param ends ids that end a text
 * @param pieces the tokenizer's bytes, for grammars; null: they are taken from it, once
 * @param encoder of texts to vectors for {@code /v1/embeddings} and {@code /v1/rerank}; null if there is none
 */
@Withers
public record ServedModel(String name, Engine engine, Tokenizer tokenizer, ChatTemplate template, Set<Integer> ends, TokenPieces pieces,
        TextEncoder encoder) implements ServedModelWithers {
    public ServedModel {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(engine, "engine");
        Objects.requireNonNull(tokenizer, "tokenizer");
        ends = Set.copyOf(ends);
        if (pieces == null) pieces = TokenPieces.of(tokenizer);
    }

    /** A model from disk, in an engine of its own. */
    public static ServedModel of(String name, LoadedModel local, EngineOptions options) {
        return of(name, local, new Engine(local.model(), local.tokenizer(), options));
    }

    /** The same in an engine that was made for it: with tunings, say, or another {@link lyceum.serve.Drafter}. */
    public static ServedModel of(String name, LoadedModel local, Engine engine) {
        return new ServedModel(name, engine, local.tokenizer(), local.template(), local.ends(), null, null);
    }
}
