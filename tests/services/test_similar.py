"""services/queries/similar.py: near-duplicates are pointed out in every script."""

from __future__ import annotations

import pytest
from flask import Flask

from encoders import installed
from matching.duplicates import SURE_IN_MEANING
from services.queries.similar import similar_entries, similar_organisations
from tests.factories import make_published, make_submitted
from tests.fixtures import Opened
from vocabulary.people import SIGNED_OUT, SYSTEM
from vocabulary.states import EntryKind


@pytest.mark.parametrize(
    ("known", "typed"),
    [
        ("Assessment of coastal mangroves", "ASSESSMENTS of costal mangroves"),
        ("Évaluation des écosystèmes forestiers", "Evaluation des ecosystemes forestiers"),
        ("Formación para evaluar los humedales", "Formacion para evaluar humedales"),
        ("Оценка прибрежных экосистем региона", "Оценка прибрежных экосистем в регионе"),
        ("تقييم النظم الإيكولوجية للأراضي الرطبة", "تقييم النظم الايكولوجية للاراضي الرطبة"),
        ("国家湿地生态系统评估能力建设", "国家湿地生态系统评估的能力建设"),
    ],
)
def test_similar_entries_are_found_in_any_script(write: Opened, read: Opened, known: str, typed: str) -> None:
    with write() as session:
        ref = make_published(session, title=known).ref
        make_published(session, title="Something else altogether")

    with read() as session:
        found = similar_entries(session, SIGNED_OUT, EntryKind.REQUEST, {"title": typed})

    assert [similar.ref for similar in found] == [ref]


@pytest.mark.parametrize(
    ("known", "typed"),
    [
        ("Institute of Savannah Studies", "institut of savanah studies"),
        ("Centre de suivi écologique du Sahel", "Centre de Suivi Ecologique du Sahel"),
        ("Fundación Humedales del Río", "Fundacion Humedales del Rio"),
        ("Институт прибрежной экологии", "Институт прибрежной экологий"),
        ("المعهد الوطني للأراضي الرطبة", "المعهد الوطنى للاراضي الرطبة"),
        ("国家湿地研究所", "国家湿地研究院所"),
    ],
)
def test_similar_organisations_are_found_in_any_script(
    write: Opened, read: Opened, known: str, typed: str
) -> None:
    with write() as session:
        make_published(session, organisation_name=known)
        make_published(session, organisation_name="Another Body Altogether")

    with read() as session:
        found = similar_organisations(session, SIGNED_OUT, typed)

    assert [similar.name for similar in found] == [known]


def test_api_points_out_entries_that_may_be_the_same(client, write: Opened) -> None:
    with write() as session:
        first = make_published(session, title="Assessment of coastal mangroves").ref
        second = make_published(session, title="Assessments of costal mangroves").ref
        make_published(session, title="Something else altogether")
        hidden = make_submitted(session, title="Assessment of coastal mangroves").ref

    found = client.get(f"/api/v1/requests/{first}/similar").get_json()
    unknown = client.get(f"/api/v1/requests/{hidden}/similar")

    assert [(one["ref"], one["why"]) for one in found["items"]] == [(second, "text")]
    assert found["items"][0]["score"] > 0.8
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("language", "title", "summary"),
    [
        (
            "fr",
            "Évaluation des mangroves de la côte",
            "Nous voulons former des experts à la cartographie des forêts.",
        ),
        (
            "es",
            "Evaluación de los manglares de la costa",
            "Queremos formar expertos en la cartografía de los bosques.",
        ),
        ("ru", "Оценка мангровых лесов побережья", "Мы хотим обучить экспертов картированию лесов."),
        ("ar", "تقييم غابات المانغروف على الساحل", "نريد تدريب الخبراء على رسم خرائط الغابات."),
        ("zh", "沿海红树林评估", "我们希望培训专家绘制森林地图。"),
    ],
)
def test_similar_entries_are_found_in_another_language(
    write: Opened, read: Opened, language: str, title: str, summary: str
) -> None:
    with write() as session:
        ref = make_published(session, language=language, title=title, summary=summary).ref
        make_published(
            session, title="Training for herders", summary="Herders learn to count grassland birds."
        )
    typed = {
        "language": "en",
        "title": "Assessment of the mangroves of the coast",
        "summary": "We want to train experts in mapping the forests.",
    }

    with read() as session:
        found = similar_entries(session, SIGNED_OUT, EntryKind.REQUEST, typed)

    assert [(similar.ref, similar.why) for similar in found] == [(ref, "translation")]


@pytest.mark.skipif(installed.encoder() is None, reason="no sentence model is installed")
def test_stored_vectors_find_a_translation_that_words_miss(app: Flask, write: Opened, read: Opened) -> None:
    """Said in other words, not translated word by word; only what the reader may see of the other counts."""
    said = {
        "en": (
            "Assessment of coastal mangroves",
            "Fishing villages lose their income when these trees disappear.",
        ),
        "es": (
            "Evaluación de los manglares costeros",
            "Los pueblos pesqueros pierden su sustento cuando desaparecen estos bosques.",
        ),
    }
    with write() as session:
        refs = {
            language: make_published(
                session, language=language, title=title, summary=summary, organisation_name=language
            ).ref
            for language, (title, summary) in said.items()
        }
    content = {"language": "en", "title": said["en"][0], "summary": said["en"][1]}

    def found() -> list[tuple[str, str, float]]:
        with read() as session:
            alike = similar_entries(session, SYSTEM, EntryKind.REQUEST, content, ref=refs["en"])
        return [(one.ref, one.why, one.score) for one in alike]

    by_words = found()
    app.test_cli_runner().invoke(args=["vectors", "build", "--workers", "1"])
    [(ref, why, score)] = found()

    assert (ref, why) == (refs["es"], "translation")
    assert score >= SURE_IN_MEANING
    assert [(ref, why, score)] != by_words
