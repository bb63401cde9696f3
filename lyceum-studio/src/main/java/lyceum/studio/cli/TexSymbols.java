package lyceum.studio.cli;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Which Unicode character stands for which TeX command. */
final class TexSymbols {

    private TexSymbols() {}

    static final Map<String, String> SYMBOLS = table("""
            alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ lambda λ mu μ nu ν
            xi ξ pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi φ varphi φ chi χ psi ψ omega ω
            Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω
            le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ ne ≠ neq ≠ approx ≈ equiv ≡ sim ∼ simeq ≃ cong ≅ propto ∝ ll ≪ gg ≫ prec ≺ succ ≻
            preceq ⪯ succeq ⪰ in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ perp ⊥ parallel ∥ mid | vdash ⊢ models ⊨ triangleq ≜
            to → rightarrow → longrightarrow → leftarrow ← gets ← leftrightarrow ↔ mapsto ↦ Rightarrow ⇒ implies ⇒ Leftarrow ⇐
            Leftrightarrow ⇔ iff ⇔ uparrow ↑ downarrow ↓
            sum ∑ prod ∏ int ∫ iint ∬ oint ∮ partial ∂ nabla ∇ infty ∞ cdot · times × div ÷ pm ± mp ∓ ast * star ⋆ circ ∘ bullet •
            odot ⊙ oplus ⊕ otimes ⊗ cup ∪ cap ∩ setminus ∖ bigcup ⋃ bigcap ⋂ emptyset ∅ varnothing ∅ forall ∀ exists ∃ neg ¬ lnot ¬
            land ∧ wedge ∧ lor ∨ vee ∨ top ⊤ bot ⊥ dagger † prime ′ ell ℓ hbar ℏ Re ℜ Im ℑ aleph ℵ angle ∠ degree °
            ldots … dots … cdots ⋯ vdots ⋮ ddots ⋱ dotsc … dotsb ⋯ colon : lbrace { rbrace } langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈
            rceil ⌉ vert | Vert ‖ backslash \\ coloneqq ≔ imath ı jmath ȷ blacksquare ■ square □ checkmark ✓
            """);

    static {
        for (String space : new String[] {"quad", "qquad", "enspace", "thinspace", "space"}) {
            SYMBOLS.put(space, "  ");
        }
    }

    /** Set off by spaces. */
    static final Set<String> RELATIONS = Set.of("≤", "≥", "≠", "≈", "≡", "∼", "≃", "≅", "∝", "≪", "≫", "∈", "∉", "⊂", "⊆", "→", "←", "↔",
            "↦", "⇒", "⇐", "⇔", "≜", "≔", "⪯", "⪰", "±", "⊙", "⊗", "⊕", "∪", "∩", "|", "∥", "⊥", "∧", "∨");

    /** Set off from what stands before. */
    static final Set<String> BIG = Set.of("∑", "∏", "∫", "∬", "∮", "⋃", "⋂");

    static final Set<String> FUNCTIONS = Set.of("log", "ln", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos",
            "arctan", "max", "min", "sup", "inf", "lim", "arg", "argmax", "argmin", "det", "dim", "ker", "deg", "gcd", "Pr", "sgn", "tr",
            "rank", "diag", "bmod", "mod");

    static final Map<String, String> DOUBLE_STRUCK = table("R ℝ N ℕ Z ℤ Q ℚ C ℂ E 𝔼 P ℙ V 𝕍 I 𝕀 1 𝟙 F 𝔽 H ℍ S 𝕊 D 𝔻");

    static final Map<String, String> SUPERSCRIPTS = table("""
            0 ⁰ 1 ¹ 2 ² 3 ³ 4 ⁴ 5 ⁵ 6 ⁶ 7 ⁷ 8 ⁸ 9 ⁹ + ⁺ − ⁻ = ⁼ ( ⁽ ) ⁾ a ᵃ b ᵇ c ᶜ d ᵈ e ᵉ f ᶠ g ᵍ h ʰ i ⁱ j ʲ k ᵏ l ˡ m ᵐ n ⁿ o ᵒ p ᵖ
            r ʳ s ˢ t ᵗ u ᵘ v ᵛ w ʷ x ˣ y ʸ z ᶻ α ᵅ β ᵝ γ ᵞ δ ᵟ θ ᶿ
            """);

    static final Map<String, String> SUBSCRIPTS = table("""
            0 ₀ 1 ₁ 2 ₂ 3 ₃ 4 ₄ 5 ₅ 6 ₆ 7 ₇ 8 ₈ 9 ₉ + ₊ − ₋ = ₌ ( ₍ ) ₎ a ₐ e ₑ h ₕ i ᵢ j ⱼ k ₖ l ₗ m ₘ n ₙ o ₒ p ₚ r ᵣ s ₛ t ₜ u ᵤ
            v ᵥ x ₓ β ᵦ γ ᵧ ρ ᵨ φ ᵩ χ ᵪ
            """);

    /** Names and characters in turn, separated by white space. */
    private static Map<String, String> table(String text) {
        var table = new HashMap<String, String>();
        var words = text.strip().split("\\s+");
        for (int i = 0; i + 1 < words.length; i += 2) {
            table.put(words[i], words[i + 1]);
        }
        return table;
    }
}
