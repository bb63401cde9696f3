package lyceum.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The control tokens of a tokenizer, the tokens that users added, and who plays which role. Immutable.
 *
 * {@snippet :
 * var specials = new SpecialTokens(List.of(AddedToken.control("<s>", 1), AddedToken.control("</s>", 2)))
 *         .with(SpecialTokens.Role.BOS, "<s>").with(SpecialTokens.Role.EOS, "</s>");
 * int begin = specials.bos();
 * }
 *
 * <p>An entry is found as a whole, the longest first, before anything else happens to a text. Control tokens are found only where {@link Controls} allow it.
 */
public final class SpecialTokens {
    /** What a control token is for. */
    public enum Role {
        /** Begins a text. */
        BOS,
        /** Ends a text. */
        EOS,
        /** Fills up a batch. */
        PAD,
        /** Stands for what the vocabulary does not have. */
        UNK,
        /** Begins an input of BERT. */
        CLS,
        /** Stands between two texts. */
        SEP,
        /** Stands for a hidden token. */
        MASK
    }

    /** None. */
    public static final SpecialTokens NONE = new SpecialTokens(List.of());

    private final List<AddedToken> added;
    private final Map<String, AddedToken> byText = new HashMap<>();
    private final Map<Integer, AddedToken> byId = new HashMap<>();
    private final Map<Role, String> roles;

    /** Entries without roles. @throws IllegalArgumentException if two have one text or one id */
    public SpecialTokens(List<AddedToken> added) { this(added, Map.of()); }

    private SpecialTokens(List<AddedToken> added, Map<Role, String> roles) {
        this.added = List.copyOf(added);
        for (var token : added) {
            var other = byText.put(token.text(), token);
            if (other == null) other = byId.put(token.id(), token);
            if (other != null) throw new IllegalArgumentException("SpecialTokens: " + token + " and " + other + " have one text or one id");
        }
        var copy = new EnumMap<Role, String>(Role.class);
        copy.putAll(roles);
        this.roles = Collections.unmodifiableMap(copy);
        for (var role : roles.entrySet())
            if (!byText.containsKey(role.getValue())) throw new IllegalArgumentException(
                    "SpecialTokens: " + role.getKey() + " is \"" + role.getValue() + "\", which is none of " + byText.keySet());
    }

    /** With a role for one of the entries. */
    public SpecialTokens with(Role role, String token) {
        var more = new HashMap<>(roles);
        more.put(role, token);
        return new SpecialTokens(added, more);
    }

    /** With one more entry. */
    public SpecialTokens with(AddedToken token) {
        var more = new ArrayList<>(added);
        more.add(token);
        return new SpecialTokens(more, roles);
    }

    /** All entries, in order of their ids. */
    public List<AddedToken> added() { return added.stream().sorted((a, b) -> Integer.compare(a.id(), b.id())).toList(); }

    /** The entry of that text, or null. */
    public AddedToken find(String text) { return byText.get(text); }

    /** The entry of that id, or null. */
    public AddedToken find(int id) { return byId.get(id); }

    /** Whether an id is a control token's. */
    public boolean isSpecial(int id) {
        var token = byId.get(id);
        return token != null && token.special();
    }

    /** The roles that are given. */
    public Map<Role, String> roles() { return roles; }

    /** The id of a role. */
    public OptionalInt id(Role role) {
        var text = roles.get(role);
        return text == null ? OptionalInt.empty() : OptionalInt.of(byText.get(text).id());
    }

    /** The id that begins a text. @throws IllegalStateException if the tokenizer has none */
    public int bos() { return required(Role.BOS); }

    /** The id that ends a text. @throws IllegalStateException if the tokenizer has none */
    public int eos() { return required(Role.EOS); }

    /** The id that fills up. @throws IllegalStateException if the tokenizer has none */
    public int pad() { return required(Role.PAD); }

    /** The id of what is unknown. @throws IllegalStateException if the tokenizer has none */
    public int unk() { return required(Role.UNK); }

    /** The id that begins an input of BERT. @throws IllegalStateException if the tokenizer has none */
    public int cls() { return required(Role.CLS); }

    /** The id between two texts. @throws IllegalStateException if the tokenizer has none */
    public int sep() { return required(Role.SEP); }

    /** The id of a hidden token. @throws IllegalStateException if the tokenizer has none */
    public int mask() { return required(Role.MASK); }

    private int required(Role role) {
        var id = id(role);
        if (id.isEmpty())
            throw new IllegalStateException("this tokenizer has no " + role + " token; its control tokens are " + byText.keySet());
        return id.getAsInt();
    }

    @Override public String toString() { return roles + " of " + added.size() + " added tokens"; }
}
