"""Addresses of summaries, and of what members report, ask for and correct."""

from django.urls import path

from studies.views import reports, suggestions, summaries

urlpatterns = [
    path("studies/suggest/", suggestions.suggest, name="suggest"),
    path("studies/<int:pk>/<str:slug>/summary/history/", summaries.history, name="summary_history"),
    path("studies/<int:pk>/<str:slug>/summary/history/<int:number>/", summaries.version, name="summary_version"),
    path("studies/<int:pk>/<str:slug>/summary/edit/", summaries.edit, name="summary_edit"),
    path("studies/<int:pk>/<str:slug>/summary/propose/", summaries.propose, name="summary_propose"),
    path("studies/<int:pk>/<str:slug>/summary/review/", summaries.review, name="summary_review"),
    path("studies/<int:pk>/<str:slug>/summary/draft/", summaries.draft_new, name="summary_draft_new"),
    path("studies/<int:pk>/<str:slug>/report/", reports.report_new, name="report_new"),
    path("studies/<int:pk>/<str:slug>/correct/", suggestions.correct, name="correct"),
    path("studies/summary/preview/", summaries.preview, name="summary_preview"),
    path("librarians/errors/", reports.reports, name="error_reports"),
    path("librarians/errors/<int:pk>/", reports.settle, name="error_report_settle"),
    path("librarians/summaries/", summaries.proposals, name="summary_proposals"),
    path("librarians/summaries/to-review/", summaries.to_review, name="summaries_to_review"),
    path("librarians/summaries/<int:pk>/", summaries.proposal, name="summary_proposal"),
    path("librarians/drafts/<int:pk>/", summaries.draft, name="summary_draft"),
    path("librarians/suggestions/", suggestions.suggestions, name="suggestions"),
    path("librarians/suggestions/<int:pk>/", suggestions.answer_suggestion, name="suggestion_answer"),
    path("librarians/corrections/", suggestions.corrections, name="corrections"),
    path("librarians/corrections/<int:pk>/", suggestions.answer_correction, name="correction_answer"),
]
