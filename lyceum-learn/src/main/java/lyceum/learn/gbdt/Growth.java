package lyceum.learn.gbdt;

/** The order in which a tree grows. */
public enum Growth {
    /** Level by level, every node whose best split gains enough: XGBoost. */
    LEVEL,
    /** The leaf of the largest gain first, until there are enough leaves: LightGBM. */
    LEAF,
    /** One question for all nodes of a level: CatBoost. Needs bins. */
    SYMMETRIC
}
