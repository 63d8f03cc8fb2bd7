"""Every table of the first release"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import AutoString

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approach",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("name", AutoString(length=400), nullable=False),
        sa.Column("description", AutoString(length=4000), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_approach_name", "approach", ["name", "slug"], unique=False)
    op.create_table(
        "article",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("title", AutoString(length=400), nullable=False),
        sa.Column("summary", AutoString(length=4000), nullable=False),
        sa.Column("publisher_kind", AutoString(length=400), nullable=False),
        sa.Column("conflict_of_interest", AutoString(length=4000), nullable=False),
        sa.Column("in_text_citations", sa.Boolean(), nullable=False),
        sa.Column("published", AutoString(), nullable=True),
        sa.Column("reviewed", AutoString(), nullable=True),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_article_title", "article", ["title", "slug"], unique=False)
    op.create_table(
        "citation",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column(
            "type",
            sa.Enum(
                "journal_article",
                "review",
                "guideline",
                "government",
                "database",
                "website",
                "home_page",
                "statute",
                "bill",
                "court",
                "official",
                "official_record",
                "official_copy",
                "legal_analysis",
                "legal_explainer",
                "policy_analysis",
                "tracker",
                "news",
                "advocacy",
                "trade_association",
                "laboratory",
                "encyclopedia",
                "blog",
                "forum",
                "vendor",
                "vendor_review",
                name="citationtype",
            ),
            nullable=False,
        ),
        sa.Column("specificity", sa.Enum("work", "page", "homepage", name="specificity"), nullable=False),
        sa.Column("title", AutoString(length=400), nullable=False),
        sa.Column("title_verified", sa.Boolean(), nullable=True),
        sa.Column("authors", sa.JSON(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("published", AutoString(), nullable=True),
        sa.Column("container", AutoString(), nullable=True),
        sa.Column("volume_issue_pages", AutoString(), nullable=True),
        sa.Column("publisher", AutoString(length=400), nullable=False),
        sa.Column("doi", AutoString(), nullable=True),
        sa.Column("pmid", AutoString(), nullable=True),
        sa.Column("url", AutoString(), nullable=True),
        sa.Column("link_withheld", sa.Boolean(), nullable=False),
        sa.Column(
            "evidence_level",
            sa.Enum(
                "systematic_review",
                "guideline",
                "randomized_trial",
                "observational",
                "case_series",
                "case_report",
                "pharmacology",
                "narrative_review",
                "expert_opinion",
                "government_advisory",
                "website",
                name="evidencelevel",
            ),
            nullable=True,
        ),
        sa.Column("key_findings", sa.JSON(), nullable=False),
        sa.Column("limitations", AutoString(), nullable=True),
        sa.Column("missing_fields", sa.JSON(), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_citation_evidence_level_by_slug", "citation", ["evidence_level", "slug"], unique=False)
    op.create_index(
        "ix_citation_evidence_level_by_title", "citation", ["evidence_level", "title", "slug"], unique=False
    )
    op.create_index("ix_citation_evidence_level_by_year", "citation", ["evidence_level", "year", "slug"], unique=False)
    op.create_index("ix_citation_link_withheld_by_slug", "citation", ["link_withheld", "slug"], unique=False)
    op.create_index("ix_citation_link_withheld_by_title", "citation", ["link_withheld", "title", "slug"], unique=False)
    op.create_index("ix_citation_link_withheld_by_year", "citation", ["link_withheld", "year", "slug"], unique=False)
    op.create_index("ix_citation_specificity_by_slug", "citation", ["specificity", "slug"], unique=False)
    op.create_index("ix_citation_specificity_by_title", "citation", ["specificity", "title", "slug"], unique=False)
    op.create_index("ix_citation_specificity_by_year", "citation", ["specificity", "year", "slug"], unique=False)
    op.create_index("ix_citation_title", "citation", ["title", "slug"], unique=False)
    op.create_index("ix_citation_title_verified_by_slug", "citation", ["title_verified", "slug"], unique=False)
    op.create_index(
        "ix_citation_title_verified_by_title", "citation", ["title_verified", "title", "slug"], unique=False
    )
    op.create_index("ix_citation_title_verified_by_year", "citation", ["title_verified", "year", "slug"], unique=False)
    op.create_index("ix_citation_type_by_slug", "citation", ["type", "slug"], unique=False)
    op.create_index("ix_citation_type_by_title", "citation", ["type", "title", "slug"], unique=False)
    op.create_index("ix_citation_type_by_year", "citation", ["type", "year", "slug"], unique=False)
    op.create_index("ix_citation_year", "citation", ["year", "slug"], unique=False)
    op.create_index("ix_citation_year_by_slug", "citation", ["year", "slug"], unique=False)
    op.create_index("ix_citation_year_by_title", "citation", ["year", "title", "slug"], unique=False)
    op.create_table(
        "claim",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("section", AutoString(length=100), nullable=False),
        sa.Column("statement", AutoString(length=4000), nullable=False),
        sa.Column(
            "verdict", sa.Enum("supports", "qualifies", "contradicts", "not_addressed", name="verdict"), nullable=False
        ),
        sa.Column("note", AutoString(length=4000), nullable=False),
        sa.Column("safety_flag", sa.Enum("none", "caution", "unsafe_as_written", name="safetyflag"), nullable=False),
        sa.Column("suggested_framing", AutoString(), nullable=True),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("verdict_rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_claim_safety_flag_by_slug", "claim", ["safety_flag", "slug"], unique=False)
    op.create_index(
        "ix_claim_safety_flag_by_verdict_rank", "claim", ["safety_flag", "verdict_rank", "slug"], unique=False
    )
    op.create_index("ix_claim_section_by_slug", "claim", ["section", "slug"], unique=False)
    op.create_index("ix_claim_section_by_verdict_rank", "claim", ["section", "verdict_rank", "slug"], unique=False)
    op.create_index("ix_claim_verdict_by_slug", "claim", ["verdict", "slug"], unique=False)
    op.create_index("ix_claim_verdict_by_verdict_rank", "claim", ["verdict", "verdict_rank", "slug"], unique=False)
    op.create_index("ix_claim_verdict_rank", "claim", ["verdict_rank", "slug"], unique=False)
    op.create_table(
        "contact",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("name", AutoString(length=400), nullable=False),
        sa.Column("value", AutoString(length=400), nullable=False),
        sa.Column("country", AutoString(length=2), nullable=False),
        sa.Column("checked", sa.Boolean(), nullable=False),
        sa.Column("note", AutoString(length=4000), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_contact_country_by_name", "contact", ["country", "name", "slug"], unique=False)
    op.create_index("ix_contact_country_by_slug", "contact", ["country", "slug"], unique=False)
    op.create_index("ix_contact_name", "contact", ["name", "slug"], unique=False)
    op.create_table(
        "dosage_range",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("cautions", sa.JSON(), nullable=False),
        sa.Column("context", AutoString(length=400), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "article",
                "traditional",
                "survey",
                "observed",
                "study",
                "poison_centre",
                "quoted",
                "case",
                name="dosagekind",
            ),
            nullable=False,
        ),
        sa.Column("min", sa.Float(), nullable=True),
        sa.Column("max", sa.Float(), nullable=True),
        sa.Column("bounds_inclusive", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.Enum("g", name="unit"), nullable=False),
        sa.Column("basis", sa.Enum("per_dose", "per_day", name="amountbasis"), nullable=True),
        sa.Column(
            "form",
            sa.Enum("leaf", "leaf_powder", "encapsulated_leaf_powder", "tea", "juice", name="dosageform"),
            nullable=True,
        ),
        sa.Column("form_as_reported", AutoString(length=400), nullable=False),
        sa.Column("route", sa.Enum("oral", name="route"), nullable=True),
        sa.Column("frequency", AutoString(), nullable=True),
        sa.Column(
            "population",
            sa.Enum(
                "article_readers",
                "healthy_adults",
                "adults_with_opioid_experience",
                "kratom_users",
                "poison_centre_cases",
                "patients",
                "readers_of_reviews_and_websites",
                name="population",
            ),
            nullable=False,
        ),
        sa.Column("population_as_reported", AutoString(length=400), nullable=False),
        sa.Column("not_stated", sa.JSON(), nullable=False),
        sa.Column("note", AutoString(length=4000), nullable=False),
        sa.Column("reported_harms", sa.JSON(), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("kind_rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_dosage_range_form_by_kind_rank", "dosage_range", ["form", "kind_rank", "slug"], unique=False)
    op.create_index("ix_dosage_range_form_by_slug", "dosage_range", ["form", "slug"], unique=False)
    op.create_index("ix_dosage_range_kind_by_kind_rank", "dosage_range", ["kind", "kind_rank", "slug"], unique=False)
    op.create_index("ix_dosage_range_kind_by_slug", "dosage_range", ["kind", "slug"], unique=False)
    op.create_index("ix_dosage_range_kind_rank", "dosage_range", ["kind_rank", "slug"], unique=False)
    op.create_index(
        "ix_dosage_range_population_by_kind_rank", "dosage_range", ["population", "kind_rank", "slug"], unique=False
    )
    op.create_index("ix_dosage_range_population_by_slug", "dosage_range", ["population", "slug"], unique=False)
    op.create_table(
        "effect",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("cautions", sa.JSON(), nullable=False),
        sa.Column("name", AutoString(length=400), nullable=False),
        sa.Column("description", AutoString(length=4000), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_effect_name", "effect", ["name", "slug"], unique=False)
    op.create_table(
        "facet",
        sa.Column("collection", AutoString(), nullable=False),
        sa.Column("filter", AutoString(), nullable=False),
        sa.Column("value", AutoString(), nullable=False),
        sa.Column("slug", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("collection", "filter", "value", "slug"),
    )
    op.create_table(
        "faq",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("cautions", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("question", AutoString(length=400), nullable=False),
        sa.Column(
            "topic",
            sa.Enum(
                "effects",
                "interactions",
                "safety",
                "use",
                "side_effects",
                "drug_testing",
                "storage",
                "personal_decision",
                name="faqtopic",
            ),
            nullable=False,
        ),
        sa.Column("answer", AutoString(length=4000), nullable=False),
        sa.Column("article_answer", AutoString(length=4000), nullable=False),
        sa.Column("evidence_note", AutoString(length=4000), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_faq_position", "faq", ["position", "slug"], unique=False)
    op.create_index("ix_faq_position_by_slug", "faq", ["position", "slug"], unique=False)
    op.create_index("ix_faq_topic_by_position", "faq", ["topic", "position", "slug"], unique=False)
    op.create_index("ix_faq_topic_by_slug", "faq", ["topic", "slug"], unique=False)
    op.create_table(
        "interaction",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("cautions", sa.JSON(), nullable=False),
        sa.Column("name", AutoString(length=400), nullable=False),
        sa.Column(
            "substance_class",
            sa.Enum(
                "opioid",
                "sedative",
                "depressant",
                "antipsychotic",
                "antidepressant",
                "antidepressant_serotonergic",
                "cyp3a_substrate",
                "cyp2d6_substrate",
                "cyp3a_modulator",
                "cardiac",
                "stimulant",
                "seizure_threshold",
                "hepatotoxic",
                "transporter",
                "peri_operative",
                name="substanceclass",
            ),
            nullable=False,
        ),
        sa.Column("mechanism", AutoString(length=4000), nullable=False),
        sa.Column("severity", sa.Enum("avoid", "major", "moderate", name="interactionseverity"), nullable=False),
        sa.Column("evidence_basis", sa.JSON(), nullable=False),
        sa.Column("note", AutoString(length=4000), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("severity_rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_interaction_name", "interaction", ["name", "slug"], unique=False)
    op.create_index("ix_interaction_severity_by_name", "interaction", ["severity", "name", "slug"], unique=False)
    op.create_index(
        "ix_interaction_severity_by_severity_rank", "interaction", ["severity", "severity_rank", "slug"], unique=False
    )
    op.create_index("ix_interaction_severity_by_slug", "interaction", ["severity", "slug"], unique=False)
    op.create_index("ix_interaction_severity_rank", "interaction", ["severity_rank", "slug"], unique=False)
    op.create_index(
        "ix_interaction_substance_class_by_name", "interaction", ["substance_class", "name", "slug"], unique=False
    )
    op.create_index(
        "ix_interaction_substance_class_by_severity_rank",
        "interaction",
        ["substance_class", "severity_rank", "slug"],
        unique=False,
    )
    op.create_index("ix_interaction_substance_class_by_slug", "interaction", ["substance_class", "slug"], unique=False)
    op.create_table(
        "jurisdiction",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("code", AutoString(length=60), nullable=False),
        sa.Column("name", AutoString(length=400), nullable=False),
        sa.Column("level", sa.Enum("country", "state", "district", "local", name="jurisdictionlevel"), nullable=False),
        sa.Column("parent_code", AutoString(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "banned",
                "legal_age_restricted",
                "legal_regulated",
                "legal_unregulated",
                "pending_change",
                "unclear",
                name="legalstatus",
            ),
            nullable=False,
        ),
        sa.Column(
            "last_reported_status",
            sa.Enum(
                "banned",
                "legal_age_restricted",
                "legal_regulated",
                "legal_unregulated",
                "pending_change",
                "unclear",
                name="legalstatus",
            ),
            nullable=False,
        ),
        sa.Column("confidence", sa.Enum("high", "medium", "low", name="confidence"), nullable=False),
        sa.Column("as_of", AutoString(length=10), nullable=False),
        sa.Column("minimum_age", sa.Integer(), nullable=True),
        sa.Column("statute", AutoString(), nullable=True),
        sa.Column("effective_date", AutoString(), nullable=True),
        sa.Column("kcpa", sa.Boolean(), nullable=True),
        sa.Column("seven_oh_rule", AutoString(), nullable=True),
        sa.Column("local_exceptions", sa.JSON(), nullable=False),
        sa.Column("note", AutoString(length=4000), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("status_rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_jurisdiction_as_of", "jurisdiction", ["as_of", "slug"], unique=False)
    op.create_index("ix_jurisdiction_code", "jurisdiction", ["code", "slug"], unique=False)
    op.create_index("ix_jurisdiction_code_by_as_of", "jurisdiction", ["code", "as_of", "slug"], unique=False)
    op.create_index("ix_jurisdiction_code_by_name", "jurisdiction", ["code", "name", "slug"], unique=False)
    op.create_index("ix_jurisdiction_code_by_slug", "jurisdiction", ["code", "slug"], unique=False)
    op.create_index(
        "ix_jurisdiction_code_by_status_rank", "jurisdiction", ["code", "status_rank", "slug"], unique=False
    )
    op.create_index(
        "ix_jurisdiction_confidence_by_as_of", "jurisdiction", ["confidence", "as_of", "slug"], unique=False
    )
    op.create_index("ix_jurisdiction_confidence_by_code", "jurisdiction", ["confidence", "code", "slug"], unique=False)
    op.create_index("ix_jurisdiction_confidence_by_name", "jurisdiction", ["confidence", "name", "slug"], unique=False)
    op.create_index("ix_jurisdiction_confidence_by_slug", "jurisdiction", ["confidence", "slug"], unique=False)
    op.create_index(
        "ix_jurisdiction_confidence_by_status_rank", "jurisdiction", ["confidence", "status_rank", "slug"], unique=False
    )
    op.create_index("ix_jurisdiction_kcpa_by_as_of", "jurisdiction", ["kcpa", "as_of", "slug"], unique=False)
    op.create_index("ix_jurisdiction_kcpa_by_code", "jurisdiction", ["kcpa", "code", "slug"], unique=False)
    op.create_index("ix_jurisdiction_kcpa_by_name", "jurisdiction", ["kcpa", "name", "slug"], unique=False)
    op.create_index("ix_jurisdiction_kcpa_by_slug", "jurisdiction", ["kcpa", "slug"], unique=False)
    op.create_index(
        "ix_jurisdiction_kcpa_by_status_rank", "jurisdiction", ["kcpa", "status_rank", "slug"], unique=False
    )
    op.create_index("ix_jurisdiction_level_by_as_of", "jurisdiction", ["level", "as_of", "slug"], unique=False)
    op.create_index("ix_jurisdiction_level_by_code", "jurisdiction", ["level", "code", "slug"], unique=False)
    op.create_index("ix_jurisdiction_level_by_name", "jurisdiction", ["level", "name", "slug"], unique=False)
    op.create_index("ix_jurisdiction_level_by_slug", "jurisdiction", ["level", "slug"], unique=False)
    op.create_index(
        "ix_jurisdiction_level_by_status_rank", "jurisdiction", ["level", "status_rank", "slug"], unique=False
    )
    op.create_index(
        "ix_jurisdiction_minimum_age_by_as_of", "jurisdiction", ["minimum_age", "as_of", "slug"], unique=False
    )
    op.create_index(
        "ix_jurisdiction_minimum_age_by_code", "jurisdiction", ["minimum_age", "code", "slug"], unique=False
    )
    op.create_index(
        "ix_jurisdiction_minimum_age_by_name", "jurisdiction", ["minimum_age", "name", "slug"], unique=False
    )
    op.create_index("ix_jurisdiction_minimum_age_by_slug", "jurisdiction", ["minimum_age", "slug"], unique=False)
    op.create_index(
        "ix_jurisdiction_minimum_age_by_status_rank",
        "jurisdiction",
        ["minimum_age", "status_rank", "slug"],
        unique=False,
    )
    op.create_index("ix_jurisdiction_name", "jurisdiction", ["name", "slug"], unique=False)
    op.create_index(
        "ix_jurisdiction_parent_code_by_as_of", "jurisdiction", ["parent_code", "as_of", "slug"], unique=False
    )
    op.create_index(
        "ix_jurisdiction_parent_code_by_code", "jurisdiction", ["parent_code", "code", "slug"], unique=False
    )
    op.create_index(
        "ix_jurisdiction_parent_code_by_name", "jurisdiction", ["parent_code", "name", "slug"], unique=False
    )
    op.create_index("ix_jurisdiction_parent_code_by_slug", "jurisdiction", ["parent_code", "slug"], unique=False)
    op.create_index(
        "ix_jurisdiction_parent_code_by_status_rank",
        "jurisdiction",
        ["parent_code", "status_rank", "slug"],
        unique=False,
    )
    op.create_index("ix_jurisdiction_status_by_as_of", "jurisdiction", ["status", "as_of", "slug"], unique=False)
    op.create_index("ix_jurisdiction_status_by_code", "jurisdiction", ["status", "code", "slug"], unique=False)
    op.create_index("ix_jurisdiction_status_by_name", "jurisdiction", ["status", "name", "slug"], unique=False)
    op.create_index("ix_jurisdiction_status_by_slug", "jurisdiction", ["status", "slug"], unique=False)
    op.create_index(
        "ix_jurisdiction_status_by_status_rank", "jurisdiction", ["status", "status_rank", "slug"], unique=False
    )
    op.create_index("ix_jurisdiction_status_rank", "jurisdiction", ["status_rank", "slug"], unique=False)
    op.create_table(
        "pharmacology",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("topic", AutoString(length=400), nullable=False),
        sa.Column("fact", AutoString(length=4000), nullable=False),
        sa.Column(
            "certainty",
            sa.Enum("high", "moderate", "low", "low_in_humans", "low_for_clinical_relevance", name="certainty"),
            nullable=False,
        ),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("certainty_rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index(
        "ix_pharmacology_certainty_by_certainty_rank",
        "pharmacology",
        ["certainty", "certainty_rank", "slug"],
        unique=False,
    )
    op.create_index("ix_pharmacology_certainty_by_slug", "pharmacology", ["certainty", "slug"], unique=False)
    op.create_index("ix_pharmacology_certainty_by_topic", "pharmacology", ["certainty", "topic", "slug"], unique=False)
    op.create_index("ix_pharmacology_certainty_rank", "pharmacology", ["certainty_rank", "slug"], unique=False)
    op.create_index("ix_pharmacology_topic", "pharmacology", ["topic", "slug"], unique=False)
    op.create_table(
        "product_form",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("cautions", sa.JSON(), nullable=False),
        sa.Column("name", AutoString(length=400), nullable=False),
        sa.Column("description", AutoString(length=4000), nullable=False),
        sa.Column("differences", AutoString(length=4000), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_product_form_name", "product_form", ["name", "slug"], unique=False)
    op.create_table(
        "quality_check",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("topic", AutoString(length=400), nullable=False),
        sa.Column("guidance", AutoString(length=4000), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_quality_check_topic", "quality_check", ["topic", "slug"], unique=False)
    op.create_table(
        "record",
        sa.Column("path", AutoString(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "article",
                "strain",
                "effect",
                "side_effect",
                "dosage_range",
                "faq",
                "citation",
                "claim",
                "interaction",
                "pharmacology",
                "product_form",
                "approach",
                "risk_group",
                "warning_sign",
                "jurisdiction",
                "quality_check",
                "contact",
                name="recordtype",
            ),
            nullable=False,
        ),
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )
    op.create_table(
        "release",
        sa.Column("dataset_version", AutoString(), nullable=False),
        sa.Column("content_hash", AutoString(), nullable=False),
        sa.Column("release_date", sa.Date(), nullable=False),
        sa.Column("coverage", AutoString(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("dataset_version"),
    )
    op.create_table(
        "risk_group",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("name", AutoString(length=400), nullable=False),
        sa.Column("advice", AutoString(length=4000), nullable=False),
        sa.Column("reason", AutoString(length=4000), nullable=False),
        sa.Column(
            "evidence_basis",
            sa.Enum(
                "observational",
                "clinical_pk",
                "case_series",
                "case_report",
                "outbreak",
                "laboratory",
                "absence_of_data",
                name="riskbasis",
            ),
            nullable=False,
        ),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index(
        "ix_risk_group_evidence_basis_by_name", "risk_group", ["evidence_basis", "name", "slug"], unique=False
    )
    op.create_index("ix_risk_group_evidence_basis_by_slug", "risk_group", ["evidence_basis", "slug"], unique=False)
    op.create_index("ix_risk_group_name", "risk_group", ["name", "slug"], unique=False)
    op.create_table(
        "side_effect",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("name", AutoString(length=400), nullable=False),
        sa.Column("also_known_as", sa.JSON(), nullable=False),
        sa.Column("summary", AutoString(length=4000), nullable=False),
        sa.Column(
            "category",
            sa.Enum("adverse_effect", "dependence", "contaminant", "outcome", name="sideeffectcategory"),
            nullable=False,
        ),
        sa.Column(
            "body_system",
            sa.Enum(
                "cardiovascular",
                "dermatological",
                "endocrine",
                "gastrointestinal",
                "general",
                "hepatic",
                "infectious",
                "metabolic",
                "musculoskeletal",
                "neonatal",
                "neurological",
                "ocular",
                "psychiatric",
                "respiratory",
                "toxicological",
                name="bodysystem",
            ),
            nullable=False,
        ),
        sa.Column(
            "seriousness",
            sa.Enum("common_mild", "moderate", "serious", "life_threatening", name="seriousness"),
            nullable=False,
        ),
        sa.Column("in_article", sa.Boolean(), nullable=False),
        sa.Column("reported_frequency", AutoString(), nullable=True),
        sa.Column("frequency_denominator", AutoString(), nullable=True),
        sa.Column("frequency_source", AutoString(), nullable=True),
        sa.Column("what_to_do", AutoString(length=4000), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("seriousness_rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_side_effect_body_system_by_name", "side_effect", ["body_system", "name", "slug"], unique=False)
    op.create_index(
        "ix_side_effect_body_system_by_seriousness_rank",
        "side_effect",
        ["body_system", "seriousness_rank", "slug"],
        unique=False,
    )
    op.create_index("ix_side_effect_body_system_by_slug", "side_effect", ["body_system", "slug"], unique=False)
    op.create_index("ix_side_effect_category_by_name", "side_effect", ["category", "name", "slug"], unique=False)
    op.create_index(
        "ix_side_effect_category_by_seriousness_rank",
        "side_effect",
        ["category", "seriousness_rank", "slug"],
        unique=False,
    )
    op.create_index("ix_side_effect_category_by_slug", "side_effect", ["category", "slug"], unique=False)
    op.create_index("ix_side_effect_in_article_by_name", "side_effect", ["in_article", "name", "slug"], unique=False)
    op.create_index(
        "ix_side_effect_in_article_by_seriousness_rank",
        "side_effect",
        ["in_article", "seriousness_rank", "slug"],
        unique=False,
    )
    op.create_index("ix_side_effect_in_article_by_slug", "side_effect", ["in_article", "slug"], unique=False)
    op.create_index("ix_side_effect_name", "side_effect", ["name", "slug"], unique=False)
    op.create_index("ix_side_effect_seriousness_by_name", "side_effect", ["seriousness", "name", "slug"], unique=False)
    op.create_index(
        "ix_side_effect_seriousness_by_seriousness_rank",
        "side_effect",
        ["seriousness", "seriousness_rank", "slug"],
        unique=False,
    )
    op.create_index("ix_side_effect_seriousness_by_slug", "side_effect", ["seriousness", "slug"], unique=False)
    op.create_index("ix_side_effect_seriousness_rank", "side_effect", ["seriousness_rank", "slug"], unique=False)
    op.create_table(
        "strain",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("cautions", sa.JSON(), nullable=False),
        sa.Column("name", AutoString(length=400), nullable=False),
        sa.Column("vein", sa.Enum("red", "green", "white", name="vein"), nullable=False),
        sa.Column("effects", sa.JSON(), nullable=False),
        sa.Column("marketed_for", sa.JSON(), nullable=False),
        sa.Column("description", AutoString(length=4000), nullable=False),
        sa.Column("testing", AutoString(length=4000), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_strain_name", "strain", ["name", "slug"], unique=False)
    op.create_index("ix_strain_vein_by_name", "strain", ["vein", "name", "slug"], unique=False)
    op.create_index("ix_strain_vein_by_slug", "strain", ["vein", "slug"], unique=False)
    op.create_table(
        "tally",
        sa.Column("collection", AutoString(), nullable=False),
        sa.Column("filter", AutoString(), nullable=False),
        sa.Column("value", AutoString(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("collection", "filter", "value"),
    )
    op.create_table(
        "warning_sign",
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("last_reviewed", sa.Date(), nullable=True),
        sa.Column("evidence_summary", AutoString(length=4000), nullable=False),
        sa.Column("sign", AutoString(length=400), nullable=False),
        sa.Column("possible_cause", AutoString(length=400), nullable=False),
        sa.Column("action", AutoString(length=4000), nullable=False),
        sa.Column("urgency", sa.Enum("emergency_now", "same_day", name="urgency"), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("urgency_rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index("ix_warning_sign_urgency_by_slug", "warning_sign", ["urgency", "slug"], unique=False)
    op.create_index(
        "ix_warning_sign_urgency_by_urgency_rank", "warning_sign", ["urgency", "urgency_rank", "slug"], unique=False
    )
    op.create_index("ix_warning_sign_urgency_rank", "warning_sign", ["urgency_rank", "slug"], unique=False)
    op.create_table(
        "claim_bearing",
        sa.Column("claim", AutoString(), nullable=False),
        sa.Column("record", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["claim"], ["claim.slug"]),
        sa.ForeignKeyConstraint(["record"], ["record.path"]),
        sa.PrimaryKeyConstraint("claim", "record"),
    )
    op.create_index(op.f("ix_claim_bearing_record"), "claim_bearing", ["record"], unique=False)
    op.create_table(
        "record_citation",
        sa.Column("record", AutoString(), nullable=False),
        sa.Column("citation", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "support",
            sa.Enum("supports", "qualifies", "contradicts", "background", "not_linked", name="support"),
            nullable=False,
        ),
        sa.Column("note", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["citation"], ["citation.slug"]),
        sa.ForeignKeyConstraint(["record"], ["record.path"]),
        sa.PrimaryKeyConstraint("record", "citation"),
    )
    op.create_index(op.f("ix_record_citation_citation"), "record_citation", ["citation"], unique=False)
    op.create_table(
        "related_record",
        sa.Column("record", AutoString(), nullable=False),
        sa.Column("related", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.path"]),
        sa.ForeignKeyConstraint(["related"], ["record.path"]),
        sa.PrimaryKeyConstraint("record", "related"),
    )


def downgrade() -> None:
    op.drop_table("related_record")
    op.drop_index(op.f("ix_record_citation_citation"), table_name="record_citation")
    op.drop_table("record_citation")
    op.drop_index(op.f("ix_claim_bearing_record"), table_name="claim_bearing")
    op.drop_table("claim_bearing")
    op.drop_index("ix_warning_sign_urgency_rank", table_name="warning_sign")
    op.drop_index("ix_warning_sign_urgency_by_urgency_rank", table_name="warning_sign")
    op.drop_index("ix_warning_sign_urgency_by_slug", table_name="warning_sign")
    op.drop_table("warning_sign")
    op.drop_table("tally")
    op.drop_index("ix_strain_vein_by_slug", table_name="strain")
    op.drop_index("ix_strain_vein_by_name", table_name="strain")
    op.drop_index("ix_strain_name", table_name="strain")
    op.drop_table("strain")
    op.drop_index("ix_side_effect_seriousness_rank", table_name="side_effect")
    op.drop_index("ix_side_effect_seriousness_by_slug", table_name="side_effect")
    op.drop_index("ix_side_effect_seriousness_by_seriousness_rank", table_name="side_effect")
    op.drop_index("ix_side_effect_seriousness_by_name", table_name="side_effect")
    op.drop_index("ix_side_effect_name", table_name="side_effect")
    op.drop_index("ix_side_effect_in_article_by_slug", table_name="side_effect")
    op.drop_index("ix_side_effect_in_article_by_seriousness_rank", table_name="side_effect")
    op.drop_index("ix_side_effect_in_article_by_name", table_name="side_effect")
    op.drop_index("ix_side_effect_category_by_slug", table_name="side_effect")
    op.drop_index("ix_side_effect_category_by_seriousness_rank", table_name="side_effect")
    op.drop_index("ix_side_effect_category_by_name", table_name="side_effect")
    op.drop_index("ix_side_effect_body_system_by_slug", table_name="side_effect")
    op.drop_index("ix_side_effect_body_system_by_seriousness_rank", table_name="side_effect")
    op.drop_index("ix_side_effect_body_system_by_name", table_name="side_effect")
    op.drop_table("side_effect")
    op.drop_index("ix_risk_group_name", table_name="risk_group")
    op.drop_index("ix_risk_group_evidence_basis_by_slug", table_name="risk_group")
    op.drop_index("ix_risk_group_evidence_basis_by_name", table_name="risk_group")
    op.drop_table("risk_group")
    op.drop_table("release")
    op.drop_table("record")
    op.drop_index("ix_quality_check_topic", table_name="quality_check")
    op.drop_table("quality_check")
    op.drop_index("ix_product_form_name", table_name="product_form")
    op.drop_table("product_form")
    op.drop_index("ix_pharmacology_topic", table_name="pharmacology")
    op.drop_index("ix_pharmacology_certainty_rank", table_name="pharmacology")
    op.drop_index("ix_pharmacology_certainty_by_topic", table_name="pharmacology")
    op.drop_index("ix_pharmacology_certainty_by_slug", table_name="pharmacology")
    op.drop_index("ix_pharmacology_certainty_by_certainty_rank", table_name="pharmacology")
    op.drop_table("pharmacology")
    op.drop_index("ix_jurisdiction_status_rank", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_status_by_status_rank", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_status_by_slug", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_status_by_name", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_status_by_code", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_status_by_as_of", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_parent_code_by_status_rank", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_parent_code_by_slug", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_parent_code_by_name", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_parent_code_by_code", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_parent_code_by_as_of", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_name", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_minimum_age_by_status_rank", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_minimum_age_by_slug", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_minimum_age_by_name", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_minimum_age_by_code", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_minimum_age_by_as_of", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_level_by_status_rank", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_level_by_slug", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_level_by_name", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_level_by_code", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_level_by_as_of", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_kcpa_by_status_rank", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_kcpa_by_slug", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_kcpa_by_name", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_kcpa_by_code", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_kcpa_by_as_of", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_confidence_by_status_rank", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_confidence_by_slug", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_confidence_by_name", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_confidence_by_code", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_confidence_by_as_of", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_code_by_status_rank", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_code_by_slug", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_code_by_name", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_code_by_as_of", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_code", table_name="jurisdiction")
    op.drop_index("ix_jurisdiction_as_of", table_name="jurisdiction")
    op.drop_table("jurisdiction")
    op.drop_index("ix_interaction_substance_class_by_slug", table_name="interaction")
    op.drop_index("ix_interaction_substance_class_by_severity_rank", table_name="interaction")
    op.drop_index("ix_interaction_substance_class_by_name", table_name="interaction")
    op.drop_index("ix_interaction_severity_rank", table_name="interaction")
    op.drop_index("ix_interaction_severity_by_slug", table_name="interaction")
    op.drop_index("ix_interaction_severity_by_severity_rank", table_name="interaction")
    op.drop_index("ix_interaction_severity_by_name", table_name="interaction")
    op.drop_index("ix_interaction_name", table_name="interaction")
    op.drop_table("interaction")
    op.drop_index("ix_faq_topic_by_slug", table_name="faq")
    op.drop_index("ix_faq_topic_by_position", table_name="faq")
    op.drop_index("ix_faq_position_by_slug", table_name="faq")
    op.drop_index("ix_faq_position", table_name="faq")
    op.drop_table("faq")
    op.drop_table("facet")
    op.drop_index("ix_effect_name", table_name="effect")
    op.drop_table("effect")
    op.drop_index("ix_dosage_range_population_by_slug", table_name="dosage_range")
    op.drop_index("ix_dosage_range_population_by_kind_rank", table_name="dosage_range")
    op.drop_index("ix_dosage_range_kind_rank", table_name="dosage_range")
    op.drop_index("ix_dosage_range_kind_by_slug", table_name="dosage_range")
    op.drop_index("ix_dosage_range_kind_by_kind_rank", table_name="dosage_range")
    op.drop_index("ix_dosage_range_form_by_slug", table_name="dosage_range")
    op.drop_index("ix_dosage_range_form_by_kind_rank", table_name="dosage_range")
    op.drop_table("dosage_range")
    op.drop_index("ix_contact_name", table_name="contact")
    op.drop_index("ix_contact_country_by_slug", table_name="contact")
    op.drop_index("ix_contact_country_by_name", table_name="contact")
    op.drop_table("contact")
    op.drop_index("ix_claim_verdict_rank", table_name="claim")
    op.drop_index("ix_claim_verdict_by_verdict_rank", table_name="claim")
    op.drop_index("ix_claim_verdict_by_slug", table_name="claim")
    op.drop_index("ix_claim_section_by_verdict_rank", table_name="claim")
    op.drop_index("ix_claim_section_by_slug", table_name="claim")
    op.drop_index("ix_claim_safety_flag_by_verdict_rank", table_name="claim")
    op.drop_index("ix_claim_safety_flag_by_slug", table_name="claim")
    op.drop_table("claim")
    op.drop_index("ix_citation_year_by_title", table_name="citation")
    op.drop_index("ix_citation_year_by_slug", table_name="citation")
    op.drop_index("ix_citation_year", table_name="citation")
    op.drop_index("ix_citation_type_by_year", table_name="citation")
    op.drop_index("ix_citation_type_by_title", table_name="citation")
    op.drop_index("ix_citation_type_by_slug", table_name="citation")
    op.drop_index("ix_citation_title_verified_by_year", table_name="citation")
    op.drop_index("ix_citation_title_verified_by_title", table_name="citation")
    op.drop_index("ix_citation_title_verified_by_slug", table_name="citation")
    op.drop_index("ix_citation_title", table_name="citation")
    op.drop_index("ix_citation_specificity_by_year", table_name="citation")
    op.drop_index("ix_citation_specificity_by_title", table_name="citation")
    op.drop_index("ix_citation_specificity_by_slug", table_name="citation")
    op.drop_index("ix_citation_link_withheld_by_year", table_name="citation")
    op.drop_index("ix_citation_link_withheld_by_title", table_name="citation")
    op.drop_index("ix_citation_link_withheld_by_slug", table_name="citation")
    op.drop_index("ix_citation_evidence_level_by_year", table_name="citation")
    op.drop_index("ix_citation_evidence_level_by_title", table_name="citation")
    op.drop_index("ix_citation_evidence_level_by_slug", table_name="citation")
    op.drop_table("citation")
    op.drop_index("ix_article_title", table_name="article")
    op.drop_table("article")
    op.drop_index("ix_approach_name", table_name="approach")
    op.drop_table("approach")
